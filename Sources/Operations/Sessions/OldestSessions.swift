/// The oldest of many sessions, in bounded memory, regardless of their number and order.
package struct OldestSessions: Sendable {
    private struct Entry {
        /// A session itself has it in seconds, for people, and many start within one second.
        let acceptedAt: Int64
        let session: Session

        var order: (Int64, UInt64) { (acceptedAt, session.connection) }
    }

    private let limit: Int
    private var entries: [Entry] = []
    private var total = 0

    /// - Parameter limit: how many to keep, at least 0; the others are counted only.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Adds one session.
    ///
    /// - Parameter acceptedAt: in nanoseconds of a clock that all sessions share.
    package mutating func add(_ session: Session, acceptedAt: Int64) {
        total += 1
        entries.append(Entry(acceptedAt: acceptedAt, session: session))
        // Room for as many again, so that they are seldom sorted.
        if entries.count >= max(2 * limit, 64) { trim() }
    }

    /// Adds the results of another collection.
    package mutating func merge(_ other: OldestSessions) {
        total += other.total
        entries += other.entries
        trim()
    }

    /// Those kept, the oldest first, and how many there were.
    package var list: SessionList {
        SessionList(sessions: oldest.map(\.session), total: total)
    }

    private var oldest: ArraySlice<Entry> {
        entries.sorted { $0.order < $1.order }.prefix(limit)
    }

    private mutating func trim() {
        entries = Array(oldest)
    }
}
