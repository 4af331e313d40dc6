import Addresses
import ArgumentParser
import CIDRTrie
import Control
import Operations
import Policy
import Settings
import Text
import Time
import Traffic

/// `sluice explain`: whether a client would be admitted, and why.
struct ExplainAccessCommand: AsyncParsableCommand {
    /// The exit code if there is no verdict; 1 means that the verdict is deny.
    private static let noAnswer = ExitCode(2)

    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain whether a client would be admitted, for each listener of a warehouse.",
        discussion: """
            Queries the running gateway, which uses the same policy as its data plane; with \
            --config, evaluates a configuration file instead. If the file names a store for its \
            policy, the store counts: that of the running gateway, otherwise the file that it is in. \
            Limits are not considered.

            With what a client says of where it wants to go (--server-name, --host, --user, \
            --database, --attribute), shows which warehouse that leads it to at each listener, and by \
            which route; --warehouse is not needed then. Otherwise it is taken to ask for the \
            warehouse as the listener expects.

            Exit codes: 0 at least one listener admits the client, 1 none does, 2 no answer, 64 \
            incorrect usage, 69 no gateway, 77 not permitted, 78 an invalid configuration.
            """
    )

    @OptionGroup var warehouse: WarehouseOption

    @Option(help: "The client's address.", transform: Self.address)
    var source: IPAddress

    @Option(
        help:
            "The private endpoint the client connects through, such as aws:vpce-0123456789abcdef0.",
        transform: Self.reference
    )
    var endpoint: EndpointReference?

    @Option(
        help: ArgumentHelp("The name in the client's ClientHello (SNI).", valueName: "name")
    )
    var serverName: String?

    @Option(help: ArgumentHelp("The host of its HTTP request.", valueName: "name"))
    var host: String?

    @Option(help: "The user of its MySQL login, such as demo@SALES.")
    var user: String?

    @Option(help: "The database of its MySQL login.")
    var database: String?

    @Option(
        help: ArgumentHelp(
            "The value of the connection attribute that the listener looks at.",
            valueName: "value"
        )
    )
    var attribute: String?

    @Option(help: ArgumentHelp("Only the listener at this address.", valueName: "address"))
    var listener: String?

    @Option(
        help: "Evaluate this configuration file instead of querying the running gateway.",
        completion: .configurationFile
    )
    var config: String?

    @OptionGroup var place: GatewayOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let explanations = try await answer()
        if !explanations.contains(where: { $0.verdict == .allow }) { throw ExitCode(1) }
    }

    private func answer() async throws -> [AccessExplanation] {
        if let config { return try await printAnswer(of: config) }
        let gateway = GatewaySession(json: json, refusal: Self.noAnswer) { try place.target() }
        return try await gateway.run { client in
            let id = needsNoWarehouse ? nil : try await warehouse.id(client)
            let answer: ManagementClient.Answer<[AccessExplanation]> =
                try await client.get("v1/explain", query: query(id))
            if json {
                gateway.print(answer) { _ in "" }
            } else {
                StandardOutput.print(try text(of: answer.value), terminator: "")
            }
            return try chosen(of: answer.value)
        }
    }

    private var claims: ClientClaims {
        ClientClaims(
            serverName: serverName,
            host: host,
            user: user,
            database: database,
            attribute: attribute
        )
    }

    /// Whether the client itself says where it wants to go.
    private var needsNoWarehouse: Bool { warehouse.warehouse == nil && !claims.isEmpty }

    private func query(_ id: String?) -> [(key: String, value: String)] {
        [
            ("warehouse", id), ("source", "\(source)"), ("endpoint", endpoint.map { "\($0)" }),
            ("serverName", serverName), ("host", host), ("user", user), ("database", database),
            ("attribute", attribute),
        ].compactMap { key, value in value.map { (key: key, value: $0) } }
    }

    private func text(of all: [AccessExplanation]) throws -> String {
        ExplanationText(try chosen(of: all), showsRoutes: !claims.isEmpty).description
    }

    /// Of the one listener, if one was chosen.
    private func chosen(of all: [AccessExplanation]) throws -> [AccessExplanation] {
        guard let listener else { return all }
        let chosen = all.filter { $0.listener == listener }
        guard chosen.isEmpty else { return chosen }
        let known = all.map(\.listener)
        let error = FilterQueryError.unknownPlace(kind: .listener, value: listener, known: known)
        throw CommandFailure("\(error)", code: Self.noAnswer)
    }

    private func printAnswer(of file: String) async throws -> [AccessExplanation] {
        let loaded = ConfigurationLoader(readsTLSFiles: false).load(contentsOf: file)
        guard var configuration = loaded.configuration else {
            loaded.lines.forEach { StandardError.print($0) }
            throw GatewayExit.configuration
        }
        if let store = OfflineStore(configuration.topology) {
            let active = try await activePolicy(of: store, configuration)
            configuration.policy = active.policy
            StandardError.print("sluice: judged by \(active.source)")
        }
        let answer = try explain(configuration, file)
        StandardOutput.fail(with: Self.noAnswer)
        if json {
            StandardOutput.print(json: try answer.json())
        } else {
            StandardOutput.print(try text(of: answer), terminator: "")
        }
        return answer
    }

    private func activePolicy(
        of store: OfflineStore,
        _ configuration: GatewayConfiguration
    ) async throws -> ActivePolicy {
        let topology = configuration.topology
        let gateway = GatewaySession(refusal: Self.noAnswer) { try place.target(of: topology) }
        return try await gateway.run(answeringWithin: BackupCommand.patience) { client in
            try await ActivePolicy(of: store, with: configuration.policy, by: client)
        }
    }

    private func explain(
        _ configuration: GatewayConfiguration,
        _ file: String
    ) throws -> [AccessExplanation] {
        let known = configuration.topology.warehouses.map(\.id)
        let id =
            needsNoWarehouse
            ? nil : try CommandFailure.reported { try warehouse.id(among: known) }
        let question = AccessQuestion(
            client: source,
            endpoint: try resolvedEndpoint(of: id, in: configuration, file),
            claims: claims,
            at: .systemTime
        )
        guard let answer = configuration.explain(warehouse: id, question) else {
            let id = id ?? ""
            let error = FilterQueryError.unknownPlace(kind: .warehouse, value: id, known: known)
            StandardError.print("sluice: \(file): \(error)")
            throw Self.noAnswer
        }
        return try CommandFailure.reported { try chosen(of: answer) }
    }

    private func resolvedEndpoint(
        of warehouse: String?,
        in configuration: GatewayConfiguration,
        _ file: String
    ) throws -> EndpointName? {
        let names = configuration.policy.warehouses.mapValues { $0.endpoints.map(\.name) }
        do throws(EndpointReferenceError) {
            return try endpoint?.resolved(
                amongOwn: warehouse.flatMap { names[$0] } ?? [],
                orAll: names.values.flatMap { $0 }
            )
        } catch {
            StandardError.print("sluice: \(file): endpoint: \(error)")
            throw Self.noAnswer
        }
    }

    private static func reference(_ text: String) throws -> EndpointReference {
        do throws(EndpointReferenceError) {
            return try EndpointReference(parsing: text)
        } catch {
            throw ValidationError("--endpoint: \(error)")
        }
    }

    static func address(_ text: String) throws -> IPAddress {
        do throws(AddressSyntaxError) {
            return try IPAddress(parsing: text)
        } catch {
            throw ValidationError("expected one address, \(problem(in: text, error))")
        }
    }

    /// What is more likely than a mistyped address: one with a port, a block, a name.
    private static func problem(in text: String, _ error: AddressSyntaxError) -> String {
        // `try?`: whether it is one counts.
        if let socket = try? SocketAddress(parsing: text) {
            return "found one with a port (did you mean \(socket.ip)?)"
        }
        do throws(AddressSyntaxError) {
            let range = try AddressRange(parsing: text)
            return "found a block of addresses (use one of them, such as \(range.first))"
        } catch {
            return "\(error)"
        }
    }
}

/// Explanations for people, a line for each listener: what `sluice explain` prints.
struct ExplanationText: CustomStringConvertible {
    let description: String

    /// - Parameter showsRoutes: whether it is of interest where clients are led, and by what.
    init(_ explanations: [AccessExplanation], showsRoutes: Bool = false) {
        let lines = explanations.map { Self.line($0, showsRoutes) }
        description =
            lines.isEmpty
            ? "this client cannot reach any listener of the warehouse\n" : lines.joined()
    }

    private static func line(_ explanation: AccessExplanation, _ showsRoutes: Bool) -> String {
        let tls = showsRoutes ? ", tls \(explanation.tls.rawValue)" : ""
        let http = showsRoutes ? explanation.http.map { ", http \($0.rawValue)" } ?? "" : ""
        let listener =
            "\(explanation.listener) (\(explanation.protocol.rawValue), "
            + "\(explanation.link.rawValue)\(tls)\(http))"
        let route = showsRoutes ? words(onRouteOf: explanation) : ""
        let verdict = explanation.verdict == .allow ? "allow" : "deny"
        let expired = explanation.expired.map { "; \(words(on: $0))" } ?? ""
        let header =
            explanation.requiresHeader && explanation.verdict == .allow
            ? ", if named by a load balancer in proxyProtocol.trusted" : ""
        return "\(verdict)  \(listener)  \(route)\(reason(for: explanation))\(header)\(expired)\n"
    }

    private static func words(onRouteOf explanation: AccessExplanation) -> String {
        guard let warehouse = explanation.warehouse, let route = explanation.route else {
            return ""
        }
        return "to warehouse \(LogText.harmless(warehouse)) (\(LogText.harmless(route))), "
    }

    private static func words(on expired: AccessExplanation.ExpiredRule) -> String {
        let words = expired.description.map { " (\(LogText.harmless($0)))" } ?? ""
        return "the \(expired.action.rawValue) rule \(expired.rule)\(words) expired at"
            + " \(expired.expiredAt.rfc3339)"
    }

    private static func reason(for explanation: AccessExplanation) -> String {
        if let warehouse = explanation.leadsTo {
            let endpoint = explanation.endpoint.map { " through \($0)" } ?? ""
            let route = explanation.route.map { " (\(LogText.harmless($0)))" } ?? ""
            return "clients\(endpoint) are routed to warehouse \(warehouse)\(route)"
        }
        if let shadow = explanation.shadow {
            let end = explanation.expires.map { " until \($0.rfc3339)" } ?? ""
            return "by shadow mode\(end); otherwise \(shadow.rawValue)"
        }
        if let rule = explanation.rule {
            let words = explanation.description.map { " (\(LogText.harmless($0)))" } ?? ""
            let end = explanation.expires.map { ", until \($0.rfc3339)" } ?? ""
            return "by rule \(rule)\(words)\(end)"
        }
        if let reason = explanation.reason {
            let message = explanation.message.map { ": \($0)" } ?? ""
            return "\(reason.rawValue)\(message)"
        }
        return explanation.endpoint.map { "by endpoint \($0)" } ?? "by mode anywhere"
    }
}
