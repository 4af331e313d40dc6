/// Which backend is checked next: the one whose check has been due the longest, with a limit on
/// concurrent checks. However many do not respond, each gets its turn.
///
/// Times are monotonic milliseconds.
public struct CheckSchedule<ID: Hashable & Sendable>: Sendable {
    private struct Entry {
        var interval: Int64
        var due: Int64
    }

    /// Checks under way at the same time, at most.
    public let limit: Int
    private var entries: [ID: Entry] = [:]
    /// Those that are not under way, the next one last.
    private var waiting: [ID] = []
    /// Also those that are not wanted any longer, until they have finished.
    private var running: Set<ID> = []

    /// - Parameter limit: at least one check is let through.
    public init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Checks under way.
    public var runningCount: Int { running.count }

    /// Checks these from now on, each at its interval, and no others. New ones are due immediately.
    public mutating func watch(_ intervals: [ID: Int64], at now: Int64) {
        entries = entries.filter { intervals[$0.key] != nil }
        for (id, interval) in intervals {
            entries[id] = Entry(interval: interval, due: entries[id]?.due ?? now)
        }
        waiting = entries.keys.filter { !running.contains($0) }
            .sorted { due($0) > due($1) }
    }

    /// When the next check may begin; `nil` while none may.
    public var nextDue: Int64? {
        guard running.count < limit else { return nil }
        return waiting.last.map(due)
    }

    /// The check that begins now, if there is one. It is under way until ``finish(_:)``.
    public mutating func takeDue(at now: Int64) -> ID? {
        guard let next = nextDue, next <= now, let id = waiting.popLast() else { return nil }
        running.insert(id)
        // From start to start; one that has waited too long does not try to make up for it.
        if let entry = entries[id] { entries[id]?.due = now + entry.interval }
        return id
    }

    public mutating func finish(_ id: ID) {
        guard running.remove(id) != nil, let entry = entries[id] else { return }
        waiting.insert(id, at: position(of: entry.due))
    }

    private func due(_ id: ID) -> Int64 { entries[id]?.due ?? .max }

    /// Before all that are due earlier or at the same time: those that have waited longer come
    /// first.
    private func position(of due: Int64) -> Int {
        var bounds = 0..<waiting.count
        while !bounds.isEmpty {
            let middle = bounds.lowerBound + bounds.count / 2
            if self.due(waiting[middle]) > due {
                bounds = middle + 1..<bounds.upperBound
            } else {
                bounds = bounds.lowerBound..<middle
            }
        }
        return bounds.lowerBound
    }
}
