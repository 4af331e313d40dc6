/// When a run begins, when it counts, and when it ends: points of the monotonic clock, in
/// nanoseconds.
package struct MeasuringWindow: Hashable, Sendable {
    package var start: Int64
    /// The end of the warm-up.
    package var measuredFrom: Int64
    /// Nothing begins from here on; what has begun may end.
    package var end: Int64

    package init(start: Int64, warmUp: Duration, duration: Duration) {
        self.start = start
        measuredFrom = start + warmUp.nanoseconds
        end = measuredFrom + duration.nanoseconds
    }

    /// How far `time` is behind the beginning of the part that counts; `nil` where it lies outside.
    func offset(of time: Int64) -> Int64? { contains(time) ? time - measuredFrom : nil }

    /// Whether `time` lies in the part that counts.
    package func contains(_ time: Int64) -> Bool { time >= measuredFrom && time < end }

    /// The length of the part that counts, in nanoseconds.
    package var measuredNanoseconds: Int64 { end - measuredFrom }
}

extension Duration {
    /// Whole nanoseconds, at most some 146 years of them, so that sums stay within `Int64`.
    var nanoseconds: Int64 {
        let limit: Int64 = .max / 2
        guard self < .nanoseconds(limit) else { return limit }
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
