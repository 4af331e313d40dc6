import Logging
import Operations
import Policy
import Store
import Time

/// Lets endpoint requests expire that nobody has answered: at the start, and every hour.
struct RequestExpiry: Sendable {
    static let interval = Duration.seconds(3_600)

    let writer: PolicyWriter
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        var clock = SteadyClock(at: .systemTime, since: ContinuousClock.now)
        while !Task.isCancelled {
            if let now = clock.reading(.systemTime, at: ContinuousClock.now) {
                await expire(at: now)
            } else {
                let hours = SteadyClock.patience.components.seconds / 3_600
                logger.warning(
                    """
                    the clock has jumped: no endpoint request expires until it has been steady for \
                    \(hours) hours
                    """
                )
            }
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// - Parameter now: what decides; the write itself has the system's time.
    func expire(at now: UnixTime) async {
        guard let store = writer.store, !store.policy.overdueRequests(at: now).isEmpty else {
            return
        }
        do {
            let expired = try await writer.write(by: .gateway) { transaction in
                try transaction.expireRequests(at: now).map { "\($0.endpoint) of \($0.warehouse)" }
            }.value
            for name in expired {
                logger.notice("endpoint request \(name) has expired: nobody answered it in 14 days")
            }
        } catch {
            logger.error("cannot let endpoint requests expire (trying again): \(error)")
        }
    }
}

/// The wall clock, as long as it runs as fast as time does. After a jump forward it is not believed
/// until it has been steady for a while: what it would end could be much younger.
struct SteadyClock: Sendable {
    /// How long after a jump.
    static let patience = Duration.seconds(86_400)
    /// Between two readings; more is a jump.
    static let tolerance = Duration.seconds(600)

    private var last: (time: UnixTime, instant: ContinuousClock.Instant)
    private var distrustedUntil: ContinuousClock.Instant?

    init(at time: UnixTime, since instant: ContinuousClock.Instant) {
        last = (time, instant)
    }

    /// - Parameters:
    ///   - time: by the wall clock.
    ///   - instant: the same moment by the clock that never jumps.
    /// - Returns: `time`, or `nil` if it cannot be believed.
    mutating func reading(_ time: UnixTime, at instant: ContinuousClock.Instant) -> UnixTime? {
        let elapsed = instant - last.instant
        let (advance, overflow) = time.seconds.subtractingReportingOverflow(last.time.seconds)
        if overflow || Duration.seconds(advance) > elapsed + Self.tolerance {
            distrustedUntil = instant + Self.patience
        }
        last = (time, instant)
        if let distrustedUntil, instant < distrustedUntil { return nil }
        distrustedUntil = nil
        return time
    }
}
