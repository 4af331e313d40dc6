/// A consumer's VPC: 10.1.0.0/24 with one client in it, 10.1.0.10, and an endpoint, which is an
/// address of whoever serves it: the gateway, or a cloud's load balancer.
///
/// All consumers have the same addresses, save for their endpoints'.
final class ConsumerNetwork: Sendable {
    static let client = "10.1.0.10"
    private static let block = "10.1.0.0/24"

    /// The server's address in this network.
    let endpoint: String
    private let namespace: NetworkNamespace

    /// Gives `server` an endpoint in a new VPC.
    ///
    /// The server has the route to 10.1.0.0/24 once for each consumer, in a table of its own; what
    /// leaves from an endpoint is routed by that endpoint's table, so that it goes back through the
    /// cable by which its connection came. What is not for the consumer does not leave at all: Linux
    /// takes a packet for an endpoint's address from any cable, and an answer by the main table's
    /// routes would let another network come through this endpoint.
    ///
    /// - Parameter number: 1…99, another one for each consumer.
    init(number: Int, of server: NetworkNamespace) throws {
        endpoint = "10.1.0.\(100 + number)"
        namespace = try NetworkNamespace()
        let cable = "vpc\(number)"
        try server.connect(cable, to: namespace, "eth0")
        try server.configure(
            "address add \(endpoint)/32 dev \(cable)",
            "route add \(Self.block) dev \(cable) table \(number)",
            "route add unreachable default table \(number)",
            "rule add from \(endpoint) lookup \(number)"
        )
        try namespace.configure("address add \(Self.client)/24 dev eth0")
    }

    /// Runs `body` as the client.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.inside(body)
    }
}
