import Settings
import Traffic

/// Redirects that were not followed, reported at most once per second for each server: a load is
/// retried many times.
///
/// Any thread may use it.
final class RedirectRefusals: Sendable {
    private struct Subject: Hashable {
        let service: Service.ID
        let target: RedirectTarget
    }

    static let interval: Int64 = 1_000
    /// Maximum number of servers that are remembered; of more, some are reported more often.
    static let subjectLimit = 1_024

    /// When each was last reported.
    private let reported = Locked<[Subject: Int64]>([:])
    private let report: @Sendable (GatewayEvent) -> Void

    init(report: @escaping @Sendable (GatewayEvent) -> Void) {
        self.report = report
    }

    /// - Parameter backend: which has sent the redirect.
    func add(
        _ refusal: RedirectRefusal,
        of target: RedirectTarget,
        by backend: String,
        of service: Service.ID,
        at now: Moment
    ) {
        let subject = Subject(service: service, target: target)
        let isNews = reported.withLock { reported in
            let now = now.milliseconds
            if let last = reported[subject], now - last < Self.interval { return false }
            if reported.count >= Self.subjectLimit {
                reported = reported.filter { now - $0.value < Self.interval }
                if reported.count >= Self.subjectLimit { reported = [:] }
            }
            reported[subject] = now
            return true
        }
        guard isNews else { return }
        report(
            .redirectRefused(
                service: service,
                backend: backend,
                target: target,
                reason: refusal
            )
        )
    }
}
