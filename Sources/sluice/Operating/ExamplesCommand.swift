import ArgumentParser
import Control
import Operations
import Text

/// `sluice examples`: how clients connect to a warehouse, ready to paste.
struct ExamplesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "examples",
        abstract: "Show how clients connect to a warehouse, ready to paste.",
        discussion: """
            Passwords are not part of the examples: commands ask for them, and programs have a \
            placeholder. With TLS, ca.pem stands for the file with the certificate's authority, \
            unless the certificate comes from a public authority by ACME: see --authority.
            """
    )

    @OptionGroup var warehouse: WarehouseArgument

    @Option(help: ArgumentHelp("Only this client, such as mysql.", valueName: "client"))
    var client: String?

    @Option(help: "public or private. (default: public)", completion: .list(["public", "private"]))
    var link: String?

    @Option(help: "The endpoint of the private link.", completion: .endpoints)
    var endpoint: String?

    @Option(help: "Who logs in. (default: admin)")
    var user: String?

    @Option(help: "The default database.")
    var database: String?

    @Option(
        help: ArgumentHelp(
            "The file with the certificate's authority, or system for those that clients trust anyway.",
            valueName: "file"
        ),
        completion: .file()
    )
    var authority: String?

    @Flag(help: "Terraform configuration instead of clients.")
    var terraform = false

    @OptionGroup var management: ManagementOptions

    private struct Examples: Decodable {
        var examples: [ConnectionExample]
        var unavailable: [UnavailableClient]?
    }

    func validate() throws {
        guard terraform, link ?? endpoint ?? user ?? database ?? authority != nil else { return }
        throw ValidationError(
            "--terraform has no --link, --endpoint, --user, --database or --authority"
        )
    }

    func run() async throws {
        let gateway = management.gateway
        try await gateway.run { sender in
            var option = WarehouseOption()
            option.warehouse = warehouse.named
            let path = try await option.path(sender)
            let request = ManagementRequest.get(
                "\(path)/\(terraform ? "terraform" : "connection-examples")",
                query: query
            )
            let answer: ManagementClient.Answer<Examples> = try await sender.send(request)
            let chosen = try choose(from: answer.value)
            gateway.print(answer) { _ in chosen }
        }
    }

    private var query: [(key: String, value: String)] {
        [
            ("link", link), ("endpoint", endpoint), ("user", user), ("database", database),
            ("authority", authority),
        ].compactMap { key, value in value.map { (key: key, value: $0) } }
    }

    /// The text of one example alone, or all of them with headings.
    private func choose(from answer: Examples) throws -> String {
        let examples = answer.examples
        let unavailable = answer.unavailable ?? []
        guard let client else {
            let none = unavailable.map {
                "\($0.title) (\($0.client)): not possible: \($0.reason)\n"
            }
            let texts = examples.map { example in
                let lines = example.text.split(separator: "\n", omittingEmptySubsequences: false)
                let text = lines.map { $0.isEmpty ? "\n" : "    \($0)\n" }.joined()
                return "\(example.title) (\(example.client))\n\n\(text)"
            }
            return (texts + (none.isEmpty ? [] : [none.joined()])).joined(separator: "\n")
        }
        if let client = unavailable.first(where: { $0.client == client }) {
            throw CommandFailure("no example for \(client.client): \(client.reason)")
        }
        guard let example = examples.first(where: { $0.client == client }) else {
            let known = examples.map(\.client).joined(separator: ", ")
            throw CommandFailure(
                "no example for \(client.quoted) (expected \(known.isEmpty ? "none" : known))",
                code: GatewayExit.usage
            )
        }
        return example.copyText + "\n"
    }
}
