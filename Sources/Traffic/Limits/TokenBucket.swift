/// A rate with a burst: it gains `rate` tokens per second, up to `capacity`, and each event
/// consumes one (RFC 3290 §4.2.1). Integers only; time is monotonic milliseconds.
public struct TokenBucket: Hashable, Sendable {
    /// In thousandths of a token, so that a millisecond's gain is a whole number.
    private var milliTokens: Int64
    private var filledAt: Int64

    /// A full bucket of `capacity` tokens.
    public init(capacity: Int, at now: Int64) {
        milliTokens = Self.milli(capacity)
        filledAt = now
    }

    /// Consumes a token if there is one.
    public mutating func take(ratePerSecond: Int, capacity: Int, at now: Int64) -> Bool {
        fill(ratePerSecond: ratePerSecond, capacity: capacity, at: now)
        guard milliTokens >= 1_000 else { return false }
        milliTokens -= 1_000
        return true
    }

    /// Whether nothing was taken that has not been gained again.
    public mutating func isFull(ratePerSecond: Int, capacity: Int, at now: Int64) -> Bool {
        fill(ratePerSecond: ratePerSecond, capacity: capacity, at: now)
        return milliTokens >= Self.milli(capacity)
    }

    /// Shards read the clock at different moments: a `now` before the last one gains nothing, and
    /// does not let the time between the two be gained twice.
    private mutating func fill(ratePerSecond: Int, capacity: Int, at now: Int64) {
        let elapsed = max(0, now - filledAt)
        let (gain, overflow) = elapsed.multipliedReportingOverflow(by: Int64(ratePerSecond))
        let limit = Self.milli(capacity)
        milliTokens = overflow || gain >= limit ? limit : min(limit, milliTokens + gain)
        filledAt = max(filledAt, now)
    }

    private static func milli(_ tokens: Int) -> Int64 {
        Int64(clamping: min(max(tokens, 0), 1 << 40)) * 1_000
    }
}
