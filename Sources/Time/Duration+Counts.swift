/// Durations as the whole numbers that clocks and timers count in, at most half of `Int64`, so that
/// adding one to a moment cannot overflow.
extension Duration {
    /// Whole milliseconds, rounded up.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return overflow ? .max / 2 : min(product, .max / 2) + rest
    }

    /// Whole nanoseconds, rounded down; 0 for a negative duration.
    package var nanoseconds: Int64 {
        let limit: Int64 = .max / 2
        guard self < .nanoseconds(limit) else { return limit }
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
