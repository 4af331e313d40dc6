import Addresses
import ArgumentParser
import CIDRTrie
import Control
import Core

/// `sluice explain`: may this client pass, and why.
struct ExplainAccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say whether a client may pass, by which rule, for each listener of a warehouse.",
        discussion: """
            Asks the running gateway, whose answer comes from the very policy that its data plane \
            asks; with --config, a configuration file instead. Limits are left aside.

            Exit codes: 0 some listener admits the client, 1 none does, 2 no answer, 64 wrong \
            usage, 78 a faulty configuration.
            """
    )

    @Option(help: "The warehouse's id.")
    var warehouse: String

    @Option(help: "The client's address.", transform: Self.address)
    var source: IPAddress

    @Option(help: "The private endpoint through which the client comes.")
    var endpoint: String?

    @Option(
        help: "Ask this configuration file in place of the running gateway.",
        completion: .configurationFile
    )
    var config: String?

    @OptionGroup var gateway: ManagementOptions

    func run() async throws {
        let explanations = try await answer()
        if !explanations.contains(where: { $0.verdict == .allow }) { throw ExitCode(1) }
    }

    private func answer() async throws -> [AccessExplanation] {
        if let config { return try printAnswer(of: config) }
        var query = [(key: "warehouse", value: warehouse), (key: "source", value: "\(source)")]
        if let endpoint { query.append((key: "endpoint", value: endpoint)) }
        do {
            return try await gateway.printAnswer(as: { ExplanationText($0).description }) {
                [query] client throws(ManagementClientError) in
                try await client.get("v1/explain", query: query)
            }
        } catch is ExitCode {
            throw ExitCode(2)
        }
    }

    private func printAnswer(of file: String) throws -> [AccessExplanation] {
        let loaded = ConfigurationLoader().load(contentsOf: file)
        guard let configuration = loaded.configuration else {
            loaded.lines.forEach { StandardError.print($0) }
            throw ExitCode(78)
        }
        let answer = try configuration.explain(
            warehouse: warehouse,
            client: source,
            endpoint: endpoint,
            at: .systemTime
        )
        guard let answer else {
            StandardError.print("sluice: \(file): there is no warehouse \(warehouse)")
            throw ExitCode(2)
        }
        print(
            gateway.json ? try answer.json() + "\n" : ExplanationText(answer).description,
            terminator: ""
        )
        return answer
    }

    private static func address(_ text: String) throws -> IPAddress {
        do throws(AddressSyntaxError) {
            return try IPAddress(parsing: text)
        } catch {
            throw ValidationError("--source \(text): \(error)")
        }
    }
}
