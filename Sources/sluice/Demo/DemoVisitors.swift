import Addresses
import ProxyProtocol
import SampleWarehouse

/// People who use the sample warehouse while the demo runs, so that there is something to see:
/// analysts, a contractor, a reporting job behind a private endpoint, and some who are denied.
struct DemoVisitors {
    private static let queries = [
        "SELECT kind, COUNT(*), SUM(amount_cents) FROM demo.events GROUP BY kind",
        "SELECT n_name FROM tpch.nation ORDER BY n_name",
        "SELECT * FROM demo.events LIMIT 200",
    ]

    var ports: DemoPorts

    var clients: [SampleClient] {
        let analysts = DemoGateway.Person.analysts.enumerated().compactMap { place, address in
            visitor(from: address, queries: 40 + 20 * place, every: .seconds(2 + place))
        }
        let others = [
            visitor(from: DemoGateway.Person.contractor, queries: 3, every: .seconds(4)),
            visitor(from: DemoGateway.Person.colleague, queries: 1, every: .seconds(1)),
            visitor(from: DemoGateway.deniedAddress, queries: 1, every: .seconds(1)),
            visitor(through: DemoGateway.Endpoint.reporting, client: "10.1.2.3", queries: 60),
            visitor(through: DemoGateway.Endpoint.science, client: "10.8.0.14", queries: 1),
            visitor(through: DemoGateway.Endpoint.unknown, client: "172.31.9.9", queries: 1),
        ]
        return analysts + others.compactMap(\.self)
    }

    private func visitor(from address: String, queries: Int, every pause: Duration)
        -> SampleClient?
    {
        // `try?`: the addresses are written in this program.
        guard let source = try? IPAddress(parsing: address) else { return nil }
        return SampleClient(
            target: DemoPorts.loopback(ports.mysqlPort),
            source: source,
            queries: some(queries),
            pause: pause,
            rest: .seconds(20)
        )
    }

    /// As a cloud's load balancer sends it.
    private func visitor(through endpoint: String, client: String, queries: Int) -> SampleClient? {
        let target = DemoPorts.loopback(ports.privatePort)
        // Subtype 01: the endpoint's id.
        let identity = ProxyTLV(.awsPrivateLink, [0x01] + Array(endpoint.utf8))
        // `try?`: as above; a header of this size can be written.
        guard let source = try? IPAddress(parsing: client),
            let header = try? ProxyHeader(
                source: SocketAddress(source, port: 40_000),
                destination: target,
                tlvs: [identity]
            ).encoded()
        else { return nil }
        return SampleClient(
            target: target,
            header: header,
            queries: some(queries),
            pause: .seconds(3),
            rest: .seconds(30)
        )
    }

    private func some(_ count: Int) -> [String] {
        (0..<count).map { Self.queries[$0 % Self.queries.count] }
    }
}
