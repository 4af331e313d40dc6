/// What is kept of something that a provider publishes, and when it is asked again: decisions only.
///
/// Times are seconds of a clock that only goes forward.
struct ProviderCache<Value: Sendable>: Sendable {
    /// After this time it is fetched again, before it is used.
    static var freshness: Double { 3_600 }
    /// So long it is used if it cannot be fetched again. A provider that is down must not be
    /// impersonated for ever with a key that it has withdrawn.
    static var staleLimit: Double { 24 * 3_600 }
    /// Between two attempts after a failure.
    static var pauseAfterFailure: Double { 5 }
    /// Between two attempts because something is not in it, such as a key.
    static var pauseIfMissing: Double { 60 }

    enum Decision {
        case use(Value)
        case fetch
        /// It was fetched a moment ago, and is not fetched again yet.
        case wait(String)
    }

    private var value: Value?
    private var fetchedAt = -Double.infinity
    private var failedAt = -Double.infinity
    private var failure = ""

    /// - Parameter suffices: whether what is looked for is in it.
    func decide(at now: Double, suffices: (Value) -> Bool = { _ in true }) -> Decision {
        let mayRetry = now - failedAt >= Self.pauseAfterFailure
        guard let value, now - fetchedAt < Self.staleLimit else {
            return mayRetry ? .fetch : .wait(failure)
        }
        guard suffices(value) else {
            // Anyone can send a token with a key of their invention.
            let hasPaused = now - max(fetchedAt, failedAt) >= Self.pauseIfMissing
            return hasPaused ? .fetch : .use(value)
        }
        return now - fetchedAt < Self.freshness || !mayRetry ? .use(value) : .fetch
    }

    mutating func record(_ value: Value, at now: Double) {
        self.value = value
        fetchedAt = now
        failedAt = -.infinity
    }

    /// - Returns: what may be used instead.
    mutating func recordFailure(_ reason: String, at now: Double) -> Value? {
        failedAt = now
        failure = reason
        return now - fetchedAt < Self.staleLimit ? value : nil
    }
}
