/// Where the tests of private links take place:
///
///     consumer a: 10.1.0.10 ─────────── 10.1.0.101 ┐         ┌ 10.2.0.1 ── 10.2.0.2: warehouse
///     consumer b: 10.1.0.10 ─────────── 10.1.0.102 ┤ gateway ┤
///     cloud's consumer: 10.1.0.10                  │         └ 10.4.0.1 ── 10.4.0.2: user
///        └ 10.1.0.103: cloud: 10.3.0.2 ── 10.3.0.1 ┘
///
/// Each is a network of its own, and the only ways from one to another are those drawn.
final class PrivateLinkSite: Sendable {
    static let shared = Result { try PrivateLinkSite() }

    let a: ConsumerNetwork
    let b: ConsumerNetwork
    let cloud: CloudNetwork
    let warehouse: WarehouseNetwork
    let user: UserNetwork
    private let gateway: NetworkNamespace

    private init() throws {
        gateway = try NetworkNamespace()
        // The kernel must not take a packet for one consumer's endpoint from another's cable
        // (RFC 3704, strict reverse path).
        try gateway.set("conf/all/rp_filter", to: 1)
        a = try ConsumerNetwork(number: 1, of: gateway)
        b = try ConsumerNetwork(number: 2, of: gateway)
        cloud = try CloudNetwork(to: gateway)
        warehouse = try WarehouseNetwork(to: gateway)
        user = try UserNetwork(to: gateway)
    }

    var mysql: Endpoint { warehouse.database.endpoint }
    var http: Endpoint { warehouse.http.endpoint }

    /// Starts a gateway in its network.
    func start(_ file: GatewayFile) throws -> SluiceProcess {
        try gateway.inside { try SluiceProcess(file) }
    }

    /// Another program on the gateway's machine that has an address.
    func occupy(_ endpoint: Endpoint) throws -> ThreadedServer {
        try gateway.inside { try ThreadedServer.named("another program", at: endpoint) }
    }

    /// Runs a command of the gateway's, beside it.
    func operate(_ sluice: SluiceProcess, _ arguments: [String]) throws -> CommandResult {
        let address = sluice.management.description
        return try gateway.inside {
            try runProgram(Programs.sluice(), arguments + ["--management", address])
        }
    }

    /// A listener at the endpoint of a consumer.
    func listener(
        _ protocol: String,
        at consumer: ConsumerNetwork,
        to backend: Endpoint,
        settings: [String] = []
    ) throws -> ListenerFile {
        try listener(`protocol`, at: consumer.endpoint, to: backend, settings: settings)
    }

    /// A listener at another address of the gateway.
    func listener(
        _ protocol: String,
        at host: String,
        to backend: Endpoint,
        settings: [String] = []
    ) throws -> ListenerFile {
        let listen = try gateway.inside { try Endpoint.free(host) }
        return try ListenerFile(`protocol`, at: listen, to: backend, settings: settings)
    }
}
