package import Addresses

/// How much load is put on a target, and for how long.
package struct LoadPlan: Hashable, Sendable {
    /// Of all threads together; at least one per thread.
    package var connections = 1
    package var threads = 1
    /// Precedes what counts.
    package var warmUp = Duration.zero
    package var duration = Duration.seconds(10)
    package var pace = Pace.closedLoop
    /// For a connect, and again for each operation.
    package var timeout = Duration.seconds(10)
    /// The run ends early after this many operations; `nil` for no limit.
    package var operationLimit: Int?
    /// Whether a run ends after a second in which everything failed.
    package var endsIfNothingSucceeds = false
    /// The clients in PROXY headers; `nil` for no headers.
    package var clients: ClientAddresses?

    package init() {}

    /// Why the plan cannot be run, with a remedy; `nil` if it can.
    package var problem: String? {
        if threads < 1 || threads > 1_024 { return "use 1 to 1,024 threads" }
        if connections < threads { return "use at least one connection per thread" }
        if connections > 1_000_000 { return "use at most 1,000,000 connections" }
        if duration <= .zero || timeout <= .zero { return "use a duration and a timeout above 0" }
        if warmUp < .zero { return "use a warm-up of 0s or more" }
        if duration + warmUp + timeout > .seconds(7 * 86_400) {
            return "warm-up, duration and timeout must not exceed 7 days together"
        }
        if case .openLoop(let rate) = pace, !(0.001...100_000_000).contains(rate) {
            return "use a rate from 0.001 to 100,000,000 operations per second"
        }
        return operationLimit.map { $0 < 1 } == true ? "use at least one operation" : nil
    }

    /// The share of thread number `index`: connections, rate and limit, which differ by at most one.
    func share(ofThread index: Int) -> LoadPlan {
        var share = self
        share.threads = 1
        share.connections = Self.part(index, of: connections, threads)
        share.operationLimit = operationLimit.map { Self.part(index, of: $0, threads) }
        if case .openLoop(let rate) = pace {
            share.pace = .openLoop(perSecond: rate / Double(threads))
        }
        return share
    }

    private static func part(_ index: Int, of total: Int, _ count: Int) -> Int {
        total / count + (index < total % count ? 1 : 0)
    }
}

/// What determines when the next operation begins.
package enum Pace: Hashable, Sendable {
    /// As soon as a connection is free. A slow answer delays the next request, so a stall is seen only
    /// once per connection, however many requests it would have affected.
    case closedLoop
    /// At fixed times, independent of the answers. An operation that cannot begin when it is due waits,
    /// and its latency counts from when it was due ("How NOT to Measure Latency", Gil Tene).
    case openLoop(perSecond: Double)
    /// Never: connections are only held.
    case none
}

/// What is done with the target.
package enum Workload: Hashable, Sendable {
    case http(HTTPRequest)
    case mysql(MySQLExchange)
    case stream(StreamExchange)
    case connect(ConnectExchange)
    /// Connections are held idle; the plan's pace is ignored.
    case idle
}

/// The clients in PROXY headers, one after another, then from the start again.
package struct ClientAddresses: Hashable, Sendable {
    /// In their order; never empty.
    package let blocks: [CIDRBlock]

    /// `nil` for no blocks.
    package init?(_ blocks: [CIDRBlock]) {
        guard !blocks.isEmpty else { return nil }
        self.blocks = blocks
    }

    /// The address and port of connection `number`, counted from 0.
    ///
    /// The blocks take turns; within each, addresses are consecutive from the first. The port changes
    /// each time, as a real client's does.
    package func client(ofConnection number: Int) -> SocketAddress {
        let block = blocks[number % blocks.count]
        let round = UInt128(number / blocks.count)
        let bits = block.first.bits | (round & block.hostMask)
        let port = UInt16(truncatingIfNeeded: 1_024 + number % 64_512)
        return SocketAddress(IPAddress(block.family, bits: bits), port: port)
    }
}
