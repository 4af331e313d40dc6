import Foundation

/// Where the tests of MySQL by name take place:
///
///     client: 10.6.0.2 ── 10.6.0.1: gateway: 10.7.0.1 ── 10.7.0.2: two MariaDB servers
///
/// Not on the loopback address: MariaDB's clients excuse that from the certificate check.
final class MySQLNameSite: Sendable {
    static let shared = Result { try MySQLNameSite() }
    static let gateway = "10.6.0.1"
    private static let client = "10.6.0.2"
    private static let server = "10.7.0.2"
    /// The names under the gateway's domain that the client's hosts file has.
    private static let names = ["w1", "w2", "w3", "w4", "w5", "nothing"].map { "\($0).gw.example" }

    /// Without TLS. Behind the warehouses W1 and, with a limit of one connection, W4.
    let first: MariaDBServer
    /// With TLS, which the gateway verifies. Behind W2.
    let second: MariaDBServer
    /// Behind W3, which admits nobody.
    let unreachable: Acceptor
    let sluice: SluiceProcess
    let listen: Endpoint
    let authority: CertificateAuthority
    /// Signs the certificates that W5's clients must show. Behind it is the first server.
    let readers: CertificateAuthority
    private let clients: NetworkNamespace
    private let gateways: NetworkNamespace
    private let servers: NetworkNamespace
    private let folder: TemporaryFolder

    private init() throws {
        (clients, gateways, servers) = (
            try NetworkNamespace(), try NetworkNamespace(), try NetworkNamespace()
        )
        try clients.connect("eth0", to: gateways, "clients")
        try servers.connect("eth0", to: gateways, "servers")
        try clients.configure("address add \(Self.client)/24 dev eth0")
        try servers.configure("address add \(Self.server)/24 dev eth0")
        try gateways.configure(
            "address add \(Self.gateway)/24 dev clients",
            "address add 10.7.0.1/24 dev servers"
        )
        authority = try CertificateAuthority("Warehouses' Authority")
        readers = try CertificateAuthority("Readers' Authority")
        let certificate = try authority.issue("second.internal")
        let options = ["--skip-name-resolve", "--max-allowed-packet=64M", "--local-infile=1"]
        first = try servers.inside { try MariaDBServer(host: Self.server, options: options) }
        second = try servers.inside {
            try MariaDBServer(
                host: Self.server,
                options: options + [
                    "--ssl-cert=\(certificate.certificate)", "--ssl-key=\(certificate.key)",
                    "--plugin-load-add=auth_ed25519",
                ]
            )
        }
        unreachable = try servers.inside { try Acceptor(at: .free(Self.server)) }
        try Self.makeAccounts(first, second)
        folder = try TemporaryFolder()
        try folder.write(
            "127.0.0.1 localhost\n\(Self.gateway) elsewhere.example"
                + " \(Self.names.joined(separator: " "))\n",
            to: "hosts"
        )
        listen = try gateways.inside { try Endpoint.free(Self.gateway) }
        let file = try Self.file(listen, authority, readers, first, second, unreachable)
        sluice = try gateways.inside { try SluiceProcess(file) }
        try waitUntilKnown()
    }

    /// Clients are greeted as the backends greet once health checks have seen these.
    private func waitUntilKnown() throws {
        try wait(for: "a greeting like MariaDB's") {
            let greeting = try connect().receive()
            guard case .bytes(let bytes) = greeting else { return false }
            return String(decoding: bytes, as: UTF8.self).contains("MariaDB")
        }
    }

    /// Runs a program in the client's network, with its hosts file.
    func run(
        _ program: String,
        _ arguments: [String],
        within limit: Duration = .seconds(90)
    ) throws -> CommandResult {
        try clients.inside {
            try runProgram("unshare", command(program, arguments), within: limit)
        }
    }

    /// Starts one.
    func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        try clients.inside {
            try ChildProcess("unshare", command(program, arguments), folder: try TemporaryFolder())
        }
    }

    /// Connects as a client.
    func connect() throws -> Connection {
        try clients.inside { try Connection(to: listen) }
    }

    private func command(_ program: String, _ arguments: [String]) -> [String] {
        let mount = "mount --bind '\(folder.path)/hosts' /etc/hosts && exec \"$@\""
        return ["--mount", "sh", "-c", mount, "sh", program] + arguments
    }

    /// The same user has another password in each warehouse.
    private static func makeAccounts(_ first: MariaDBServer, _ second: MariaDBServer) throws {
        for (server, password) in [(first, "one"), (second, "two")] {
            try server.administer(
                """
                CREATE USER reader@'%' IDENTIFIED BY '\(password)';
                GRANT ALL ON *.* TO reader@'%';
                CREATE USER other@'%' IDENTIFIED BY '\(password)';
                CREATE USER nobody@'%';
                """
            )
        }
        try second.administer(
            """
            CREATE DATABASE sales;
            CREATE USER secure@'%' IDENTIFIED BY 'two' REQUIRE SSL;
            CREATE USER modern@'%' IDENTIFIED VIA ed25519 USING PASSWORD('curve');
            GRANT ALL ON *.* TO secure@'%', modern@'%';
            """
        )
    }

    private static func file(
        _ listen: Endpoint,
        _ authority: CertificateAuthority,
        _ readers: CertificateAuthority,
        _ first: MariaDBServer,
        _ second: MariaDBServer,
        _ unreachable: Acceptor
    ) throws -> GatewayFile {
        let own = try authority.issue("gw.example", names: ["DNS:*.gw.example", "IP:\(gateway)"])
        let routes = (1...4).flatMap { number in
            ["serverName: w\(number).gw.example", "userSuffix: W\(number)"].map {
                "{ \($0), warehouse: W\(number) }"
            }
        }
        let certificates = "clientCertificates: { authorities: \"\(readers.certificate)\" }"
        let further = [
            "{ userSuffix: W5, warehouse: W5, \(certificates) }",
            "{ database: sales, warehouse: W2 }", "{ attribute: one, warehouse: W1 }",
            "{ attribute: two, warehouse: W2 }",
        ]
        var file = GatewayFile()
        file.hasFirst = false
        file.settings =
            TLSGate.settings([own]) + [
                "listeners:", "  - protocol: mysql", "    listen: \"\(listen)\"", "    tls: on",
                "    greeting: { attribute: warehouse }", "    routes:",
            ] + (routes + further).map { "      - \($0)" }
        let secure =
            "backendTLS: { authorities: \"\(authority.certificate)\", serverName: second.internal }"
        let warehouses: [(String, Endpoint, String, [String])] = [
            ("W1", first.endpoint, "anywhere", []),
            ("W2", second.endpoint, "anywhere", [secure]),
            ("W3", unreachable.endpoint, "nowhere", ["healthCheck: off"]),
            ("W4", first.endpoint, "anywhere", ["limits: { connections: 1 }"]),
            ("W5", first.endpoint, "anywhere", []),
        ]
        file.others = warehouses.map { id, backend, mode, settings in
            WarehouseFile(
                id: id,
                whitelist: "{ mode: \(mode) }",
                settings: [
                    "services:", "  mysql:", "    backends: [ \"\(backend)\" ]",
                ] + settings.map { "    \($0)" },
                listeners: []
            )
        }
        return file
    }
}
