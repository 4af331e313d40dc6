/// A network in which the test says what names resolve to: its only DNS server is the test's.
final class NamedNetwork: Sendable {
    /// The machine's own address, besides loopback.
    static let host = "10.5.0.1"
    /// Where clouds keep their metadata; here, an address of the machine too.
    static let metadata = "169.254.169.254"

    let names: NameServer
    private let namespace: NetworkNamespace
    private let folder: TemporaryFolder
    private let resolver: String

    init() throws {
        namespace = try NetworkNamespace()
        try namespace.configure(
            "address add \(Self.host)/32 dev lo",
            "address add \(Self.metadata)/32 dev lo"
        )
        names = try namespace.inside { try NameServer(at: "127.0.0.1") }
        folder = try TemporaryFolder()
        resolver = try folder.write("nameserver 127.0.0.1\n", to: "resolv.conf")
    }

    /// Runs `body` in this network.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.inside(body)
    }

    /// Starts a gateway that asks this network's DNS server.
    func start(_ file: GatewayFile) throws -> SluiceProcess {
        try inside { try SluiceProcess(file, resolverConfiguration: resolver) }
    }

    /// A server that says its name, at the machine's own address.
    func server(_ name: String, host: String = host) throws -> ThreadedServer {
        try inside { try .named(name, at: .free(host)) }
    }
}
