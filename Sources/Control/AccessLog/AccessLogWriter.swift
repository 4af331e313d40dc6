import Dispatch
import Engine
import Logging
package import Operations
import Synchronization
import Text
import Traffic

/// The access log: one line of JSON per connection, to a file or a standard stream, or nowhere.
///
/// The shards hand their records over and continue immediately; one serial queue formats and
/// writes. If the log's reader is so slow that 65,536 records wait, further ones are dropped and
/// counted: the data plane never waits.
package final class AccessLogWriter: AccessLog {
    /// Bytes of one write, about.
    private static let writeByteCount = 1 << 16

    private struct Output {
        /// `nil` for a log that is off.
        var destination: LogDestination?
        var includesProbes: Bool
    }

    private let output: Mutex<Output>
    private let backlogLimit: Int
    private let report: @Sendable (OperatorEvent) -> Void
    private let queue = DispatchQueue(label: "sluice.access-log", qos: .utility)
    private let waiting = Atomic<Int>(0)
    private let hasDestination: Atomic<Bool>
    private let health = Mutex(AccessLogHealth())

    /// - Parameters:
    ///   - destination: `nil` for a log that is off.
    ///   - includesProbes: whether load balancers' health probes get a line too.
    ///   - backlogLimit: maximum number of records that wait for the writer.
    ///   - report: receives events for the operator. Called on any thread; must not block.
    package init(
        to destination: LogDestination?,
        includesProbes: Bool,
        backlogLimit: Int = 65_536,
        report: @escaping @Sendable (OperatorEvent) -> Void = { _ in }
    ) {
        output = Mutex(Output(destination: destination, includesProbes: includesProbes))
        hasDestination = Atomic(destination != nil)
        self.backlogLimit = backlogLimit
        self.report = report
    }

    package var isOff: Bool { !hasDestination.load(ordering: .relaxed) }
    package var droppedLineCount: Int { health.withLock { $0.lostCount } }
    package var failure: String? { health.withLock { $0.failure } }

    package func write(_ records: [AccessRecord]) {
        let backlog = waiting.add(records.count, ordering: .relaxed).newValue
        guard backlog <= backlogLimit else {
            waiting.subtract(records.count, ordering: .relaxed)
            lose(records.count, because: "its reader is too slow")
            return
        }
        queue.async { [self] in
            format(records)
            waiting.subtract(records.count, ordering: .relaxed)
        }
    }

    private func format(_ records: [AccessRecord]) {
        let output = output.withLock { $0 }
        guard let destination = output.destination else { return }
        var lines: [UInt8] = []
        for record in records where output.includesProbes || record.end != .probe {
            record.appendJSON(to: &lines)
            if lines.count >= Self.writeByteCount { write(&lines, to: destination) }
        }
        write(&lines, to: destination)
    }

    private func write(_ lines: inout [UInt8], to destination: LogDestination) {
        guard !lines.isEmpty else { return }
        if let loss = destination.write(lines) {
            lose(loss.lineCount, because: loss.reason)
        } else if waiting.load(ordering: .relaxed) <= backlogLimit / 2 {
            reportChange(health.withLock { $0.succeed() })
        }
        lines.removeAll(keepingCapacity: true)
    }

    private func lose(_ count: Int, because reason: String) {
        reportChange(health.withLock { $0.lose(count, because: reason) })
    }

    private func reportChange(_ change: AccessLogHealth.Change?) {
        if let change { report(OperatorEvent(change)) }
    }
}

// MARK: - Files

extension AccessLogWriter {
    /// Reopens a log file after it was renamed (logrotate(8)). What was handed over before goes to
    /// the old file, what comes later to the new one; if that cannot be opened, to the old one.
    ///
    /// Returns immediately, because the writer may be blocked by the log's reader.
    ///
    /// - Parameter report: called if the file cannot be opened, on the writer's queue.
    package func reopen(
        orReport report: @escaping @Sendable (LogDestination.OpenError) -> Void
    ) {
        queue.async { [self] in
            do throws(LogDestination.OpenError) {
                let isCut = try output.withLock { $0.destination }?.reopen() ?? false
                if isCut { lose(1, because: "the file was moved in the middle of a line") }
            } catch {
                report(error)
            }
        }
    }

    /// Writes what is handed over from now on to another destination; `nil` turns the log off.
    func redirect(to destination: LogDestination?, includesProbes: Bool) {
        hasDestination.store(destination != nil, ordering: .relaxed)
        queue.async { [self] in
            output.withLock { output in
                output = Output(destination: destination, includesProbes: includesProbes)
            }
        }
    }

    /// Writes to the same destination, with other records.
    func include(probes: Bool) {
        queue.async { [self] in output.withLock { $0.includesProbes = probes } }
    }

    /// Waits until everything that was handed over is written, but no longer than `limit`.
    ///
    /// - Parameter limit: at most a day counts.
    package func flush(within limit: Duration) {
        queue.wait(atMost: limit)
    }
}

extension OperatorEvent {
    fileprivate init(_ change: AccessLogHealth.Change) {
        switch change {
        case .failing(let reason):
            self.init(
                subject: "access log",
                sentence:
                    "cannot write the access log: \(reason); lines are dropped until it recovers"
                    + " (see sluice_access_log_dropped_lines_total)",
                level: .error
            )
        case .recovered(let missing):
            self.init(
                subject: "access log",
                sentence: "writing the access log again; \(missing.of("line")) lost",
                level: .notice
            )
        }
    }
}

/// Whether the access log's lines are being written, and what to report to the operator.
struct AccessLogHealth {
    enum Change: Equatable {
        /// From now on lines are lost.
        case failing(reason: String)
        /// Lines are written again; this many are missing in between.
        case recovered(missing: Int)
    }

    /// Lines that are missing, since the start.
    private(set) var lostCount = 0
    /// Why lines are being lost now; `nil` while they are written.
    private(set) var failure: String?
    private var lostBefore = 0

    /// - Parameter reason: of the newest loss; it may be another one than that of the first.
    mutating func lose(_ count: Int, because reason: String) -> Change? {
        let isNew = failure == nil
        if isNew { lostBefore = lostCount }
        lostCount += count
        failure = reason
        return isNew ? .failing(reason: reason) : nil
    }

    mutating func succeed() -> Change? {
        guard failure != nil else { return nil }
        failure = nil
        return .recovered(missing: lostCount - lostBefore)
    }
}
