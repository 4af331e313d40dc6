/// How the servers of one service are learned: what is in use, and what an operator should know.
///
/// A list stays in use until the next one, however old it is: a front end that cannot be asked does
/// not redirect either, and one that can be is asked again. Times are monotonic milliseconds.
public struct LearningRecord: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        /// The first list, another one, or the first one after a failure.
        case learned(count: Int)
        /// - Parameter inUse: how many servers were learned before, and stay in use.
        case failed(reason: String, inUse: Int)
        /// The list in use is older than ten intervals.
        case outdated(reason: String, inUse: Int, seconds: Int64)
    }

    static let outdatedAfterIntervals: Int64 = 10

    public private(set) var places: [BackendAddress] = []
    private let interval: Int64
    private var learnedAt: Int64?
    /// Why it has failed since the last success; each reason is reported once.
    private var failures: Set<String> = []
    private var isOutdated = false
    /// Front ends fail in turns, and each may give its reason.
    private static let failureLimit = 16

    /// - Parameter interval: between two lists, in milliseconds.
    public init(interval: Int64) {
        self.interval = interval
    }

    /// - Returns: whether the servers are others than before, and what to report.
    public mutating func succeed(_ servers: LearnedServers, at now: Int64)
        -> (hasChanged: Bool, event: Event?)
    {
        // Front ends list them in any order.
        let hasChanged = Set(places) != Set(servers.places)
        let isNews = hasChanged || !failures.isEmpty
        if hasChanged { places = servers.places }
        learnedAt = now
        failures = []
        isOutdated = false
        return (hasChanged, isNews ? .learned(count: places.count) : nil)
    }

    /// - Returns: what to report: a failure when it begins, or has another reason, and again when the list
    ///   is outdated.
    public mutating func fail(_ reason: String, at now: Int64) -> Event? {
        if let learnedAt, !isOutdated, now - learnedAt >= Self.outdatedAfterIntervals * interval {
            failures.insert(reason)
            isOutdated = true
            let seconds = (now - learnedAt) / 1_000
            return .outdated(reason: reason, inUse: places.count, seconds: seconds)
        }
        guard failures.count < Self.failureLimit, failures.insert(reason).inserted else {
            return nil
        }
        return .failed(reason: reason, inUse: places.count)
    }
}
