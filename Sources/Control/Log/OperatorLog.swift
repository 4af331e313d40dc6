import Dispatch
package import Logging
package import Settings
import Synchronization

/// The program's own log: one line per message, as text or as JSON.
///
/// Logging never blocks. A queue of its own waits for the log's reader, so that one that does not
/// read delays neither a signal nor a drain.
package final class OperatorLog: Sendable {
    /// Lines that wait for the log's reader; the next ones are lost.
    private static let backlogLimit = 1_024

    private let destination: LogDestination
    private let settings: Mutex<LogSettings>
    private let queue = DispatchQueue(label: "sluice.log", qos: .utility)
    private let waiting = Atomic<Int>(0)

    package init(_ settings: LogSettings, to destination: LogDestination) {
        self.settings = Mutex(settings)
        self.destination = destination
    }

    /// Level and format from now on.
    func apply(_ settings: LogSettings) {
        self.settings.withLock { $0 = settings }
    }

    /// What writes to this log.
    package var logger: Logger {
        Logger(label: "sluice") { _ in LineLogHandler(to: self) }
    }

    var level: Logger.Level { settings.withLock { Logger.Level($0.level) } }

    func write(_ line: LogLine) {
        guard waiting.load(ordering: .relaxed) < Self.backlogLimit else { return }
        waiting.add(1, ordering: .relaxed)
        let bytes = line.bytes(settings.withLock { $0.format })
        queue.async { [self] in
            // If the log cannot be written, there is nowhere left to report it.
            _ = destination.write(bytes)
            waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Waits until what was logged is written, but no longer than `limit`.
    func flush(within limit: Duration) {
        queue.wait(atMost: limit)
    }
}

extension DispatchQueue {
    /// Waits until what a serial queue was given is done, but no longer than `limit`.
    ///
    /// - Parameter limit: at most a day counts.
    func wait(atMost limit: Duration) {
        let done = DispatchSemaphore(value: 0)
        async { done.signal() }
        let seconds = min(limit, .seconds(86_400)) / .seconds(1)
        _ = done.wait(timeout: .now() + seconds)
    }
}
