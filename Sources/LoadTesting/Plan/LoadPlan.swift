/// How hard and how long a target is pressed.
public struct LoadPlan: Hashable, Sendable {
    /// All threads' connections together; at least as many as threads.
    public var connections = 1
    public var threads = 1
    /// What counts comes behind it.
    public var warmUp = Duration.zero
    public var duration = Duration.seconds(10)
    public var pace = Pace.closedLoop
    /// For a connect, and again for each operation.
    public var timeout = Duration.seconds(10)
    /// The run ends early with so many operations; `nil` for no limit.
    public var operationLimit: Int?
    /// Whether a run ends after a second in which nothing succeeded and everything failed.
    public var endsWhereNothingSucceeds = false
    /// What each connection says of its client before anything else; `nil` for no PROXY header.
    public var clients: ClientAddresses?

    public init() {}

    /// What makes the plan impossible, with a remedy; `nil` where all is well.
    public var fault: String? {
        if threads < 1 || threads > 1_024 { return "take 1 to 1024 threads" }
        if connections < threads { return "take at least one connection for each thread" }
        if connections > 1_000_000 { return "take 1000000 connections at most" }
        if duration <= .zero || timeout <= .zero { return "take a duration and a timeout above 0" }
        if warmUp < .zero { return "take a warm-up of 0s or more" }
        if duration + warmUp + timeout > .seconds(7 * 86_400) { return "take 7 days at most" }
        if case .openLoop(let rate) = pace, !(0.001...100_000_000).contains(rate) {
            return "take a rate of 0.001 to 100000000 operations a second"
        }
        return operationLimit.map { $0 < 1 } == true ? "take one operation at least" : nil
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
