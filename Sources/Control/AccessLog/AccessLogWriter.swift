public import Core
import Dispatch
public import Engine
import Glibc
import Synchronization

/// The access log: one line of JSON for each connection, to a file or a standard stream.
///
/// The shards hand their records over and go on at once; one serial queue formats and writes. When
/// the reader of the log is so slow that 65,536 records wait, the next ones are dropped
/// and counted: the data plane waits for nobody.
public final class AccessLogWriter: AccessLog {
    /// Bytes of one write, about.
    private static let writeByteCount = 1 << 16

    private let destination: LogDestination
    private let includesProbes: Bool
    private let backlogLimit: Int
    private let queue = DispatchQueue(label: "sluice.access-log", qos: .utility)
    private let waiting = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)

    /// - Parameters:
    ///   - includesProbes: whether load balancers' health probes get a line too.
    ///   - backlogLimit: records that wait for the writer, at most.
    public init(
        to destination: LogDestination,
        includesProbes: Bool,
        backlogLimit: Int = 65_536
    ) {
        self.destination = destination
        self.includesProbes = includesProbes
        self.backlogLimit = backlogLimit
    }

    public var droppedLineCount: Int {
        dropped.load(ordering: .relaxed) + lost.load(ordering: .relaxed)
    }

    public func write(_ records: [AccessRecord]) {
        let backlog = waiting.add(records.count, ordering: .relaxed).newValue
        guard backlog <= backlogLimit else {
            waiting.subtract(records.count, ordering: .relaxed)
            dropped.add(records.count, ordering: .relaxed)
            return
        }
        queue.async { [self] in
            format(records)
            waiting.subtract(records.count, ordering: .relaxed)
        }
    }

    private func format(_ records: [AccessRecord]) {
        var lines: [UInt8] = []
        for record in records where includesProbes || record.end != .probe {
            record.appendJSON(to: &lines)
            if lines.count >= Self.writeByteCount { flush(&lines) }
        }
        flush(&lines)
    }

    private func flush(_ lines: inout [UInt8]) {
        guard !lines.isEmpty else { return }
        if !destination.write(lines) {
            lost.add(lines.count { $0 == UInt8(ascii: "\n") }, ordering: .relaxed)
        }
        lines.removeAll(keepingCapacity: true)
    }

    /// Opens a log file anew, after it was renamed (logrotate(8)). What was handed over before goes
    /// to the old file, what comes after to the new one; if that cannot be opened, to the old one.
    ///
    /// Returns at once, for the writer may be stuck behind the log's reader.
    ///
    /// - Parameter report: called where the file cannot be opened, on the writer's queue.
    public func reopen(
        orReport report: @escaping @Sendable (LogDestination.OpenError) -> Void
    ) {
        queue.async { [destination] in
            do throws(LogDestination.OpenError) {
                try destination.reopen()
            } catch {
                report(error)
            }
        }
    }

    /// Waits until everything that was handed over is written, but no longer than `limit`.
    ///
    /// - Parameter limit: at most a day counts.
    public func flush(within limit: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        let seconds = min(limit, .seconds(86_400)) / .seconds(1)
        _ = done.wait(timeout: .now() + seconds)
    }
}
