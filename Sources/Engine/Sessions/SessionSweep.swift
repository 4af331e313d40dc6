import Operations
import Settings

/// Work on all of a shard's connections. It is done a slice at a turn, so that no byte waits for a
/// hundred thousand sessions.
struct SessionSweep: Sendable {
    enum Task: Sendable {
        /// Applies the policy again, and closes what it no longer admits.
        case review
        case list(SessionQuery)
        /// Closes what the query matches.
        case close(SessionQuery)
    }

    let task: Task
    /// The next slot.
    var next = 0
    /// What the query has found so far.
    private(set) var found: OldestSessions
    /// Sessions that the review has closed.
    var revoked: [RevocationTally.Listener: Int] = [:]

    init(_ task: Task) {
        self.task = task
        switch task {
        case .review: found = OldestSessions(limit: 0)
        case .list(let query), .close(let query): found = OldestSessions(limit: query.limit)
        }
    }

    mutating func add(_ session: Session, acceptedAt: Moment) {
        found.add(session, acceptedAt: acceptedAt.nanoseconds)
    }

    /// Answers the request.
    func finish(_ tally: RevocationTally) {
        switch task {
        case .review: tally.end(revoked)
        case .list(let query), .close(let query): query.answers.add([found])
        }
    }
}

/// Which sessions match, and where the answer goes.
struct SessionQuery: Sendable {
    let filter: SessionFilter
    /// If there are any, the filter counts among these only.
    let connections: Set<UInt64>?
    /// Maximum number of sessions, oldest first; the others are only counted.
    let limit: Int
    let answers: ShardAnswers<OldestSessions>

    func matches(_ session: Session) -> Bool {
        filter.matches(session) && connections?.contains(session.connection) ?? true
    }
}
