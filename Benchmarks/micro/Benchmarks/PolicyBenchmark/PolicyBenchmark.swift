import Addresses
import CIDRTrie
import Engine
import Operations
import Policy
import Settings
import Sockets
import Traffic

/// Edits one entry at a time, publishes the policy and waits until every shard has adopted it.
///
/// The number of edits is the only argument.
@main
enum PolicyBenchmark {
    private static let edits = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200

    static func main() async throws {
        print("case                    edits   median ms   p99 ms      max ms   shards")
        try await measure("200 lists of 5,000", lists: 200, entries: 5_000)
        try await measure("1 list of 1,000,000", lists: 1, entries: 1_000_000)
    }

    private static func measure(_ name: String, lists: Int, entries: Int) async throws {
        var policy = Policy()
        var generator = SystemRandomNumberGenerator()
        for index in 0..<lists {
            var bits: Set<UInt32> = []
            while bits.count < entries { bits.insert(.random(in: 0x0b00_0000...0x7dff_ffff)) }
            let rules = bits.lazy.map {
                Rule(block: CIDRBlock(.v4(IPv4Address(bits: $0))))
            }
            let list = EntryList(.entries, rules: rules)
            policy.warehouses["W\(index)"] = WarehousePolicy(
                whitelist: Whitelist(mode: .specific, lists: [list])
            )
        }
        let gateway = try Gateway(
            configuration: GatewayConfiguration(try topology(warehouses: lists), policy),
            accessLog: NoLog()
        ) { _ in }
        try gateway.start()
        var times: [Double] = []
        for _ in 0..<edits {
            let block = CIDRBlock(.v4(IPv4Address(bits: .random(in: 0x8000_0000...0xdfff_ffff))))
            let warehouse = "W\(Int.random(in: 0..<lists, using: &generator))"
            let start = ContinuousClock.now
            let change = PolicyChange.edit(
                [.add(WhitelistEntry(Rule(block: block)))],
                in: .entries,
                of: warehouse
            )
            try policy.apply([change])
            await (try gateway.enforce(policy)).wait()
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        let shards = gateway.status().shards.count
        _ = await gateway.drain(within: .zero)
        times.sort()
        let figures = [edits / 2, edits * 99 / 100, edits - 1].map { rounded(times[$0]) }
        print(
            name.padded(to: 24) + "\(edits)".padded(to: 8) + figures[0].padded(to: 12)
                + figures[1].padded(to: 12) + figures[2].padded(to: 9) + "\(shards)"
        )
    }

    private static func topology(warehouses count: Int) throws -> Topology {
        let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
        let backend = BackendAddress(host: .ip(loopback), port: 9)
        var topology = Topology(warehouses: (0..<count).map { Warehouse(id: "W\($0)") })
        topology.listeners = (0..<count).map { index in
            Listener(
                of: "W\(index)",
                protocol: .tcp,
                address: SocketAddress(loopback, port: UInt16(20_000 + index)),
                backends: [backend],
                healthCheck: HealthCheck(kind: .off)
            )
        }
        return topology
    }

    private static func rounded(_ value: Double) -> String {
        let hundredths = Int(value * 100)
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

private final class NoLog: AccessLog {
    let droppedLineCount = 0
    func write(_ records: [AccessRecord]) {}
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
