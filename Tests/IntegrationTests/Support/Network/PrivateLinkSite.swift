/// Where the tests of private links take place:
///
///     consumer a: 10.1.0.10 ────────── 10.1.0.101 ┐
///     consumer b: 10.1.0.10 ────────── 10.1.0.102 ┤
///     cloud's consumer: 10.1.0.10              gateway: 10.2.0.1 ── 10.2.0.2: warehouse
///        └ 10.1.0.103: cloud: 10.3.0.2 ─ 10.3.0.1 ┘
///
/// Each is a network of its own, and the only way from one to another is as drawn. The warehouse is
/// a MariaDB, with the user `anyone`, and an nginx.
final class PrivateLinkSite: Sendable {
    static let shared = Result { try PrivateLinkSite() }

    let gateway: NetworkNamespace
    let a: ConsumerNetwork
    let b: ConsumerNetwork
    let cloud: CloudNetwork
    let database: MariaDBServer
    let http: Endpoint
    private let warehouse: NetworkNamespace
    private let nginx: NginxServer

    private init() throws {
        gateway = try NetworkNamespace()
        // The kernel must not take a packet for one consumer's endpoint from another's cable
        // (RFC 3704, strict reverse path).
        try gateway.set("conf/all/rp_filter", to: 1)
        a = try ConsumerNetwork(number: 1, of: gateway)
        b = try ConsumerNetwork(number: 2, of: gateway)
        cloud = try CloudNetwork(to: gateway)

        warehouse = try NetworkNamespace()
        try gateway.connect("warehouse", to: warehouse, "eth0")
        try gateway.configure("address add 10.2.0.1/24 dev warehouse")
        try warehouse.configure("address add 10.2.0.2/24 dev eth0")
        database = try warehouse.inside { try MariaDBServer(host: "10.2.0.2") }
        try database.administer("CREATE USER anyone@'%'")
        nginx = try warehouse.inside { try NginxServer(host: "10.2.0.2") }
        http = nginx.endpoint
    }

    var mysql: Endpoint { database.endpoint }

    /// Starts a gateway in its network.
    func start(_ file: GatewayFile) throws -> SluiceProcess {
        try gateway.inside { try SluiceProcess(file) }
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
