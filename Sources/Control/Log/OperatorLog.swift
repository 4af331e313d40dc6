import Dispatch
import FoundationEssentials
package import Logging
package import Settings
import Synchronization
import Text
import Time

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

/// Makes a line of each message, for an ``OperatorLog``.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]

    /// Set on one logger alone; else the log's own counts, also after that has changed.
    private var ownLevel: Logger.Level?
    private let log: OperatorLog

    init(to log: OperatorLog) {
        self.log = log
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? log.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        log.write(
            LogLine(
                moment: Date(),
                level: event.level.rawValue,
                message: event.message.description,
                fields: fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
            )
        )
    }
}

extension Logger.Level {
    /// The same level, as the configuration names it.
    init(_ level: LogSettings.Level) {
        switch level {
        case .trace: self = .trace
        case .debug: self = .debug
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}

/// One line of the program's log.
struct LogLine {
    var moment: Date
    var level: String
    var message: String
    var fields: [(key: String, value: String)]

    func bytes(_ format: LogSettings.Format) -> [UInt8] {
        switch format {
        case .text: text
        case .json: json
        }
    }

    private var timestamp: String {
        LogText.timestamp(microseconds: Int64(moment.timeIntervalSince1970 * 1_000_000))
    }

    /// `2026-11-23T10:00:00.123456Z warning message key=value`
    private var text: [UInt8] {
        let words = fields.map { " \($0.key)=\($0.value)" }.joined()
        // A message of several lines must not look like several messages.
        return Array((LogText.harmless("\(timestamp) \(level) \(message)\(words)") + "\n").utf8)
    }

    private var json: [UInt8] {
        let all = [("time", timestamp), ("level", level), ("message", message)] + fields
        let members = all.map { "\(LogText.jsonString($0)):\(LogText.jsonString($1))" }
        return Array("{\(members.joined(separator: ","))}\n".utf8)
    }
}
