/// Operations of an open loop that were due and never begun: neighbours in its schedule.
struct MissedOperations {
    let count: Int
    private let schedule: Schedule
    private let first: Int

    /// Waits are told in this many groups at most: there may be millions of operations.
    static let groupLimit = 10_000

    init(_ schedule: Schedule, from first: Int, count: Int) {
        self.schedule = schedule
        self.first = first
        self.count = count
    }

    /// Tells how long they had waited at `end`, in nanoseconds: a group's in the middle of it.
    func forEachWait(until end: Int64, _ body: (_ nanoseconds: Int64, _ count: Int) -> Void) {
        let size = max(1, count / Self.groupLimit)
        for start in stride(from: 0, to: count, by: size) {
            let size = min(size, count - start)
            guard let due = schedule.due(first + start + size / 2, at: end) else { return }
            body(max(0, end - due), size)
        }
    }
}
