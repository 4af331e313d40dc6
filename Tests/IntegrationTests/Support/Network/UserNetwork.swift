/// A user's own network, with a data service that the warehouse reads from: the far end of an
/// outbound link. All that it does not know it sends to the gateway.
final class UserNetwork: Sendable {
    private static let gateway = "10.4.0.1"
    /// The servers' address.
    static let server = "10.4.0.2"

    /// Says who asks, as a PROXY header tells it.
    let service: NginxServer
    private let namespace: NetworkNamespace

    init(to gateway: NetworkNamespace) throws {
        namespace = try NetworkNamespace()
        try gateway.connect("user", to: namespace, "gateway")
        try gateway.configure("address add \(Self.gateway)/24 dev user")
        try namespace.configure(
            "address add \(Self.server)/24 dev gateway",
            "route add default via \(Self.gateway)"
        )
        service = try namespace.inside {
            try NginxServer(
                host: Self.server,
                listen: "proxy_protocol",
                #"return 200 "read by $proxy_protocol_addr";"#
            )
        }
    }

    /// Runs `body` in the user's network.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.inside(body)
    }
}
