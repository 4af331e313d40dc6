/// How hard and how long a target is loaded.
package struct LoadPlan: Hashable, Sendable {
    /// All threads' connections together; at least as many as threads.
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
    package var endsWhereNothingSucceeds = false
    /// What each connection says of its client before anything else; `nil` for no PROXY header.
    package var clients: ClientAddresses?

    package init() {}

    /// What makes the plan impossible, with a remedy; `nil` if all is well.
    package var fault: String? {
        if threads < 1 || threads > 1_024 { return "use 1 to 1024 threads" }
        if connections < threads { return "use at least one connection per thread" }
        if connections > 1_000_000 { return "use at most 1000000 connections" }
        if duration <= .zero || timeout <= .zero { return "use a duration and a timeout above 0" }
        if warmUp < .zero { return "use a warm-up of 0s or more" }
        if duration + warmUp + timeout > .seconds(7 * 86_400) { return "use at most 7 days" }
        if case .openLoop(let rate) = pace, !(0.001...100_000_000).contains(rate) {
            return "use a rate of 0.001 to 100000000 operations per second"
        }
        return operationLimit.map { $0 < 1 } == true ? "use at least one operation" : nil
    }

    /// What thread number `index` has of it: shares of connections, rate and limit that differ by
    /// one at most.
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
