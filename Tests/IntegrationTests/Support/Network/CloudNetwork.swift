/// A cloud between a consumer and the gateway: its load balancer ends the consumer's connections at
/// the endpoint and announces them to the gateway.
final class CloudNetwork: Sendable {
    /// The gateway's address in this network.
    static let gateway = "10.3.0.1"
    /// Where the load balancer's connections to the gateway come from.
    static let balancer = "10.3.0.2"
    /// A proxy that the provider runs between the load balancer and the gateway.
    static let proxy = "10.3.0.3"

    let consumer: ConsumerNetwork
    private let namespace: NetworkNamespace

    init(to gateway: NetworkNamespace) throws {
        namespace = try NetworkNamespace()
        consumer = try ConsumerNetwork(number: 3, of: namespace)
        try gateway.connect("cloud", to: namespace, "gateway")
        try gateway.configure("address add \(Self.gateway)/24 dev cloud")
        try namespace.configure(
            "address add \(Self.balancer)/24 dev gateway",
            "address add \(Self.proxy)/24 dev gateway"
        )
    }

    /// Runs `body` among the cloud's own machines.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.inside(body)
    }

    /// How a load balancer's header arrives.
    enum Delivery: CaseIterable { case whole, byteByByte }

    /// Starts a load balancer at the consumer's endpoint, which says of each client its address and
    /// these TLVs (PROXY protocol v2).
    func balancer(
        to target: Endpoint,
        sending tlvs: [ProxyHeaderV2.TLV],
        _ delivery: Delivery = .whole
    ) throws -> SourceRelay {
        try inside {
            let listen = try Endpoint.free(consumer.endpoint)
            return try SourceRelay(at: listen, from: Self.balancer, to: target) { client in
                let header = ProxyHeaderV2.tcp4(from: client.host, port: client.port, tlvs: tlvs)
                return delivery == .whole ? [header.bytes] : header.bytes.map { [$0] }
            }
        }
    }
}
