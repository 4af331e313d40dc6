/// Whether the access log's lines are being written, and what to report to the operator.
struct AccessLogHealth {
    enum Change: Equatable {
        /// From now on lines are lost.
        case failing(reason: String)
        /// Lines are written again; this many are missing in between.
        case recovered(missing: Int)
    }

    /// Lines that are missing, since the start.
    private(set) var lostCount = 0
    /// Why lines are being lost now; `nil` while they are written.
    private(set) var failure: String?
    private var lostBefore = 0

    /// - Parameter reason: of the newest loss; it may be another one than that of the first.
    mutating func lose(_ count: Int, because reason: String) -> Change? {
        let isNew = failure == nil
        if isNew { lostBefore = lostCount }
        lostCount += count
        failure = reason
        return isNew ? .failing(reason: reason) : nil
    }

    mutating func succeed() -> Change? {
        guard failure != nil else { return nil }
        failure = nil
        return .recovered(missing: lostCount - lostBefore)
    }
}
