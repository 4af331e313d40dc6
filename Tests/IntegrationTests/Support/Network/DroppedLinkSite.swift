/// A client, a gateway and a backend on three machines, whose cables can be pulled:
///
///     client 10.5.0.2 ── 10.5.0.1 gateway 10.6.0.1 ── 10.6.0.2 backend
final class DroppedLinkSite: Sendable {
    private let gateway: NetworkNamespace
    private let client: NetworkNamespace
    private let backend: NetworkNamespace

    init() throws {
        gateway = try NetworkNamespace()
        client = try NetworkNamespace()
        backend = try NetworkNamespace()
        try gateway.connect("client", to: client, "gateway")
        try gateway.connect("backend", to: backend, "gateway")
        try gateway.configure(
            "address add 10.5.0.1/24 dev client",
            "address add 10.6.0.1/24 dev backend"
        )
        try client.configure("address add 10.5.0.2/24 dev gateway")
        try backend.configure("address add 10.6.0.2/24 dev gateway")
    }

    /// A session through a gateway with these settings, which has carried a byte each way.
    func session(settings: [String]) throws -> Session {
        let acceptor = try backend.inside { try Acceptor(host: "10.6.0.2") }
        let listen = try gateway.inside { try Endpoint.free("10.5.0.1") }
        let listener = try ListenerFile("tcp", at: listen, to: acceptor.endpoint)
        let sluice = try gateway.inside {
            try SluiceProcess(GatewayFile(listener, settings: settings))
        }
        let client = try self.client.inside { try Connection(to: listen) }
        let server = try acceptor.accept()
        try client.send("?")
        _ = try server.receive(exactly: 1)
        try server.send("!")
        _ = try client.receive(exactly: 1)
        return Session(sluice: sluice, client: client, server: server)
    }

    struct Session {
        let sluice: SluiceProcess
        let client: Connection
        let server: Connection
    }

    /// From now on nothing that is sent to the client arrives, and nobody says so.
    func pullClientsCable() throws {
        try client.configure("link set gateway down")
    }

    /// The same for the backend.
    func pullBackendsCable() throws {
        try backend.configure("link set gateway down")
    }
}
