/// The warehouse's own network: a MariaDB, with the user `anyone`, and an nginx.
final class WarehouseNetwork: Sendable {
    /// The gateway's address in this network.
    static let gateway = "10.2.0.1"
    /// The servers' address.
    static let server = "10.2.0.2"
    /// An address of somebody who has come into this network, and does not belong to it.
    static let stranger = "10.99.0.99"

    let database: MariaDBServer
    let http: NginxServer
    private let namespace: NetworkNamespace

    init(to gateway: NetworkNamespace) throws {
        namespace = try NetworkNamespace()
        try gateway.connect("warehouse", to: namespace, "gateway")
        try gateway.configure(
            "address add \(Self.gateway)/24 dev warehouse",
            "route add \(Self.stranger)/32 dev warehouse"
        )
        try namespace.configure(
            "address add \(Self.server)/24 dev gateway",
            "address add \(Self.stranger)/32 dev gateway"
        )
        database = try namespace.inside { try MariaDBServer(host: Self.server) }
        try database.administer("CREATE USER anyone@'%'")
        http = try namespace.inside { try NginxServer(host: Self.server) }
    }

    /// Runs `body` in the warehouse.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.inside(body)
    }
}
