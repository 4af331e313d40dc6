import Dispatch
import Synchronization

/// Denied connections without a line in the access log, counted over all shards: how many are
/// missing must not depend on which source retries.
///
/// Reported about once per second while there are any; costs nothing while there are none.
final class UnloggedDenials: Sendable {
    private let count = Atomic<Int>(0)
    private let isReportScheduled = Atomic<Bool>(false)
    private let reported = Locked(0)
    private let queue = DispatchQueue(label: "sluice.unlogged-denials", qos: .utility)
    private let report: @Sendable (GatewayEvent) -> Void

    init(report: @escaping @Sendable (GatewayEvent) -> Void) {
        self.report = report
    }

    /// Since the start.
    var total: Int { count.load(ordering: .relaxed) }

    /// Counts one more. Any thread may call it.
    func add() {
        count.add(1, ordering: .acquiringAndReleasing)
        guard !isReportScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.asyncAfter(deadline: .now() + 1) { [weak self] in self?.reportMissing() }
    }

    private func reportMissing() {
        // The next count schedules the next report.
        isReportScheduled.store(false, ordering: .sequentiallyConsistent)
        let total = count.load(ordering: .sequentiallyConsistent)
        let missing = reported.withLock { reported in
            defer { reported = total }
            return total - reported
        }
        if missing > 0 { report(.denialsUnlogged(count: missing, total: total)) }
    }
}
