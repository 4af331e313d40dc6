/// A rate with a burst as ATM switches count it: the virtual scheduling algorithm (ITU-T I.371,
/// annex A). It keeps one moment instead of a level of tokens, and must agree with a token bucket.
struct LeakyBucket {
    let ratePerSecond: Int64
    let capacity: Int64
    /// When the next event would be due at an even pace, in thousandths of an event.
    private var due: Int64

    init(ratePerSecond: Int64, capacity: Int64, at now: Int64) {
        self.ratePerSecond = ratePerSecond
        self.capacity = capacity
        due = now * ratePerSecond
    }

    /// - Parameter now: milliseconds that never go back.
    mutating func take(at now: Int64) -> Bool {
        let present = now * ratePerSecond
        guard due <= present + (capacity - 1) * 1_000 else { return false }
        due = max(due, present) + 1_000
        return true
    }
}
