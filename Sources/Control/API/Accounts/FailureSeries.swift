/// Failures in a row, for each account.
struct FailureSeries: Sendable {
    private struct Series {
        var count = 0
        var last: Double
    }

    /// After this time without a failure, a series is over. In seconds.
    private static let patience = 900.0
    private static let capacity = 10_000
    private var series: [String: Series] = [:]

    var count: Int { series.count }

    /// - Returns: how many, if that is worth a word: 10, 100, 1,000 and so on.
    mutating func record(of account: String, at now: Double) -> Int? {
        if series.count >= Self.capacity, series[account] == nil { makeRoom(at: now) }
        var own = series[account] ?? Series(last: now)
        if now - own.last >= Self.patience { own.count = 0 }
        own.count += 1
        own.last = now
        series[account] = own
        var step = 10
        while step < own.count { step *= 10 }
        return step == own.count ? own.count : nil
    }

    /// Forgets series that are over; if those are few, also the ones that failed the longest ago:
    /// many at once, so that a flood does not cost much each time.
    private mutating func makeRoom(at now: Double) {
        series = series.filter { now - $0.value.last < Self.patience }
        let remaining = Self.capacity / 4 * 3
        guard series.count > remaining else { return }
        let newest = series.sorted { $0.value.last > $1.value.last }.prefix(remaining)
        series = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
    }

    mutating func end(of account: String) {
        series[account] = nil
    }
}
