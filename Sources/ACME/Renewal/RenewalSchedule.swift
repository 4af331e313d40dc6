import Time

/// When a certificate is renewed, and when a failed attempt is made again.
package struct RenewalSchedule: Hashable, Sendable {
    /// Doubled by each further failure. Authorities allow few failures: five per name and hour is
    /// usual, and this makes as many.
    package var firstRetry = Duration.seconds(120)
    package var longestRetry = Duration.seconds(6 * 3_600)
    /// If the authority has had enough and does not say for how long.
    package var rateLimitRetry = Duration.seconds(3_600)

    package init() {}

    /// A third of its life before the end, and up to a thirtieth earlier: certificates that were
    /// obtained together need not be renewed together.
    ///
    /// - Parameter random: from 0 to 1.
    func renewal(from start: UnixTime, to end: UnixTime, random: Double) -> UnixTime {
        let life = max(end.seconds - start.seconds, 0)
        let jitter = Int64(Double(life / 30) * min(max(random, 0), 1))
        return UnixTime(seconds: end.seconds - life / 3 - jitter)
    }

    /// - Parameters:
    ///   - failures: in a row, this one included.
    ///   - random: from 0 to 1; up to a quarter of the time is added.
    func retry(after error: ACMEError, failures: Int, at now: UnixTime, random: Double) -> UnixTime
    {
        var delay = firstRetry * (1 << min(max(failures - 1, 0), 20))
        if error.isRateLimit, error.retryAt == nil { delay = max(delay, rateLimitRetry) }
        delay = min(delay, longestRetry)
        let seconds = Double(delay.components.seconds) * (1 + min(max(random, 0), 1) / 4)
        let time = UnixTime(seconds: now.seconds + max(Int64(seconds), 1))
        return max(time, error.retryAt ?? time)
    }
}
