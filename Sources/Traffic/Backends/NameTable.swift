public import Addresses

/// The names of backends: what each resolved to, and when it is queried again.
///
/// It decides but performs no query. Performing a ``Query`` may block: each name has its own, so
/// that one that hangs delays no other. A name without an address is retried, first after a second;
/// all others every ten seconds. What a name last resolved to stays in use until it resolves to
/// something else.
///
/// Times are monotonic milliseconds.
public struct NameTable: Sendable {
    /// A name to be resolved.
    public struct Query: Hashable, Sendable {
        public let name: String
        fileprivate let number: UInt64
    }

    public enum Answer: Hashable, Sendable {
        case addresses([IPAddress])
        case failed(reason: String)
    }

    /// What an operator should know.
    public enum Event: Hashable, Sendable {
        /// The name has other addresses than before, or has some again.
        case resolved(name: String, to: [IPAddress], before: [IPAddress])
        /// - Parameter inUse: the addresses that stay in use; empty if there never were any.
        case unresolved(name: String, reason: String, inUse: [IPAddress])
    }

    /// What came of one step.
    public struct Outcome: Equatable, Sendable {
        /// Whether ``names`` has changed.
        public var hasChanged = false
        public var events: [Event] = []
        /// Whether another query may begin now that could not before.
        public var hasMadeRoom = false
    }

    static let interval: Int64 = 10_000
    static let firstRetry: Int64 = 1_000
    /// After this time without an answer (the system retries after five seconds) the name counts as
    /// unresolved for now. The query itself cannot be cancelled, and its answer is still used when
    /// it arrives.
    static let deadline: Int64 = 7_000
    /// Queries at the same time, at most: each may hold a thread.
    public static let queryLimit = 128
    /// The maximum of these for names whose last query missed its deadline, or that were learned and never
    /// answered.
    static let slowQueryLimit = 64

    fileprivate struct Entry {
        var known = ResolvedNames.Entry()
        /// When it is queried next.
        var due: Int64
        var retry = NameTable.firstRetry
        var query: (number: UInt64, startedAt: Int64)?
        /// Whether the query under way, or else the last one, missed its deadline.
        var isSlow = false
    }

    private var entries: [String: Entry] = [:]
    /// Queries under way, also those for names that are not wanted any longer; true for slow ones.
    private var running: [UInt64: Bool] = [:]
    private var nextNumber: UInt64 = 0

    public init() {}

    /// What is known now.
    public var names: ResolvedNames { ResolvedNames(entries: entries.mapValues(\.known)) }

    /// Keeps these names and no others; new ones are due immediately.
    ///
    /// - Parameter learned: more of them, which a warehouse lists. They count as slow until one was answered:
    ///   as many as a hostile server may invent, they leave queries for the others.
    public mutating func watch(
        _ names: Set<String>,
        learned: Set<String> = [],
        at now: Int64
    ) {
        entries = entries.filter { names.contains($0.key) || learned.contains($0.key) }
        for name in names where entries[name] == nil { entries[name] = Entry(due: now) }
        for name in learned where entries[name] == nil {
            entries[name] = Entry(due: now, isSlow: true)
        }
    }

    /// The queries that begin now, those that have waited longest first.
    public mutating func startQueries(at now: Int64) -> [Query] {
        let due = entries.filter { $0.value.query == nil && $0.value.due <= now }
            .sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        return due.compactMap { startQuery(for: $0.key, isSlow: $0.value.isSlow, at: now) }
    }

    private mutating func startQuery(for name: String, isSlow: Bool, at now: Int64) -> Query? {
        let slowCount = running.values.count { $0 }
        guard running.count < Self.queryLimit, !isSlow || slowCount < Self.slowQueryLimit else {
            return nil
        }
        nextNumber += 1
        running[nextNumber] = isSlow
        entries[name]?.query = (nextNumber, now)
        return Query(name: name, number: nextNumber)
    }

    /// Handles a query's answer, however late it arrives.
    public mutating func finish(_ query: Query, _ answer: Answer, at now: Int64) -> Outcome {
        let wasFull = running.count >= Self.queryLimit
        running[query.number] = nil
        var outcome = take(answer, to: query, at: now)
        outcome.hasMadeRoom = wasFull
        return outcome
    }

    private mutating func take(_ answer: Answer, to query: Query, at now: Int64) -> Outcome {
        guard var entry = entries[query.name], let under = entry.query,
            under.number == query.number
        else { return Outcome() }
        entry.query = nil
        entry.isSlow = now - under.startedAt >= Self.deadline
        defer { entries[query.name] = entry }
        switch answer {
        case .addresses(let found) where !found.isEmpty:
            entry.due = now + Self.interval
            entry.retry = Self.firstRetry
            return entry.resolve(query.name, to: found.sorted())
        case .addresses:
            return entry.fail(query.name, "the name has no address", at: now)
        case .failed(let reason):
            return entry.fail(query.name, reason, at: now)
        }
    }

    /// Counts queries as unanswered that have run for too long.
    public mutating func expire(at now: Int64) -> Outcome {
        var outcome = Outcome()
        for (name, var entry) in entries {
            guard let query = entry.query, running[query.number] != nil, !entry.known.isOverdue,
                now - query.startedAt >= Self.deadline
            else { continue }
            running[query.number] = true
            entry.isSlow = true
            let reason = "the resolver did not respond within \(Self.deadline / 1_000)s"
            let step = entry.record(failure: reason, of: name)
            entry.known.isOverdue = true
            outcome.hasChanged = outcome.hasChanged || step.hasChanged
            outcome.events += step.events
            entries[name] = entry
        }
        return outcome
    }
}

extension NameTable.Entry {
    fileprivate mutating func resolve(_ name: String, to found: [IPAddress]) -> NameTable.Outcome {
        let before = known
        known = ResolvedNames.Entry(addresses: found, isAnswered: true)
        guard before != known else { return NameTable.Outcome() }
        let isNews = before.addresses != found || before.failure != nil
        return NameTable.Outcome(
            hasChanged: true,
            events: isNews ? [.resolved(name: name, to: found, before: before.addresses)] : []
        )
    }

    fileprivate mutating func fail(_ name: String, _ reason: String, at now: Int64)
        -> NameTable.Outcome
    {
        due = now + retry
        retry = min(2 * retry, NameTable.interval)
        return record(failure: reason, of: name)
    }

    /// An outage is news when it begins; its words may change from query to query.
    fileprivate mutating func record(failure: String, of name: String) -> NameTable.Outcome {
        let isNews = known.failure == nil
        let isFirstAnswer = !known.isAnswered
        known.failure = failure
        known.isAnswered = true
        known.isOverdue = false
        return NameTable.Outcome(
            hasChanged: isNews || isFirstAnswer,
            events: isNews
                ? [.unresolved(name: name, reason: failure, inUse: known.addresses)] : []
        )
    }
}

/// What the names of backends have resolved to, at one moment.
public struct ResolvedNames: Equatable, Sendable {
    /// One name.
    struct Entry: Equatable, Sendable {
        /// The last ones that were found, in order.
        var addresses: [IPAddress] = []
        /// Whether an answer has arrived, even a negative one, or its deadline has passed.
        var isAnswered = false
        /// Whether the query under way has missed its deadline.
        var isOverdue = false
        /// Why it has no addresses now, or keeps old ones.
        var failure: String?
    }

    var entries: [String: Entry] = [:]

    /// The location of a backend.
    public struct Location: Equatable, Sendable {
        public var addresses: [SocketAddress] = []
        /// Whether the first result is still to come.
        public var isAwaited = false
        /// Why there are no addresses, or only old ones.
        public var failure: String?
    }

    /// No name is known.
    public init() {}

    init(entries: [String: Entry]) {
        self.entries = entries
    }

    public subscript(backend: BackendAddress) -> Location {
        switch backend.host {
        case .ip(let ip):
            return Location(addresses: [SocketAddress(ip, port: backend.port)])
        case .name(let name):
            let entry = entries[name] ?? Entry()
            return Location(
                addresses: entry.addresses.map { SocketAddress($0, port: backend.port) },
                isAwaited: !entry.isAnswered,
                failure: entry.failure
            )
        }
    }
}
