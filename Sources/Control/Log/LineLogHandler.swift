import FoundationEssentials
import Logging
import Settings

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
