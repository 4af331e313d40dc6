package import Time

/// The notices that stand, and what has changed from one look at the gateway to the next.
///
///     let changes = board.look(conditions, at: now, elapsed: elapsed)   // raised, changed, ended
package struct NoticeBoard: Sendable {
    /// More are not raised, so that nothing fills memory, or anyone's mailbox.
    package static let standingLimit = 1_000
    private static let recentLimit = 200

    private struct Standing {
        var notice: Notice
        var count: Int
        var hasEnd: Bool
    }

    private var standing: [String: Standing] = [:]
    /// Since when conditions are so that nobody has heard of, as time that has elapsed.
    private var pending: [String: Duration] = [:]
    private var recent: [Notice] = []
    private var hasLooked = false
    /// Conditions that are not raised because there are too many.
    package private(set) var omitted = 0

    package init() {}

    package var list: NoticeList {
        NoticeList(standing: standing.values.map(\.notice), recent: recent)
    }

    package var standingCount: Int { standing.count }

    /// Compares what is so now with what stands.
    ///
    /// - Parameters:
    ///   - now: the wall clock, for people.
    ///   - elapsed: of a clock that nobody sets, which decides.
    /// - Returns: changes, ends first, in the order of their keys.
    package mutating func look(
        _ conditions: [NoticeCondition],
        at now: UnixTime,
        elapsed: Duration
    ) -> [NoticeChange] {
        var current: [String: NoticeCondition] = [:]
        for condition in conditions { current[condition.key] = condition }
        var changes = end(where: { current[$0] == nil }, at: now)
        pending = pending.filter { current[$0.key] != nil }
        omitted = 0
        for (key, condition) in current.sorted(by: { $0.key < $1.key }) {
            if let change = look(at: condition, key, at: now, elapsed) { changes.append(change) }
        }
        hasLooked = true
        return changes
    }

    private mutating func end(
        where isOver: (_ key: String) -> Bool,
        at now: UnixTime
    ) -> [NoticeChange] {
        var changes: [NoticeChange] = []
        for key in standing.keys.sorted() where isOver(key) {
            guard var ended = standing.removeValue(forKey: key) else { continue }
            ended.notice.endedAt = now
            recent.insert(ended.notice, at: 0)
            if ended.hasEnd { changes.append(NoticeChange(.ended, ended.notice)) }
        }
        recent.removeLast(max(0, recent.count - Self.recentLimit))
        return changes
    }

    private mutating func look(
        at condition: NoticeCondition,
        _ key: String,
        at now: UnixTime,
        _ elapsed: Duration
    ) -> NoticeChange? {
        if let known = standing[key] { return update(known, key, to: condition) }
        let since = pending[key] ?? elapsed
        guard elapsed - since >= condition.patience else {
            pending[key] = since
            return nil
        }
        pending[key] = nil
        guard standing.count < Self.standingLimit else {
            omitted += 1
            return nil
        }
        let notice = Notice(condition, at: now)
        standing[key] = Standing(
            notice: notice,
            count: condition.count,
            hasEnd: condition.hasEnd
        )
        return NoticeChange(hasLooked ? .raised : .standing, notice)
    }

    private mutating func update(
        _ known: Standing,
        _ key: String,
        to condition: NoticeCondition
    ) -> NoticeChange? {
        var new = known
        new.notice.severity = condition.severity
        new.notice.subject = condition.subject
        new.notice.sentence = condition.sentence
        new.count = condition.count
        new.hasEnd = condition.hasEnd
        standing[key] = new
        let isWorse =
            condition.severity > known.notice.severity || condition.count > known.count
        return isWorse ? NoticeChange(.changed, new.notice) : nil
    }
}
