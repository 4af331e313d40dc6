public import Core
import FoundationEssentials
public import Logging

/// The program's own log: one line for each message, as text or as JSON.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]

    private let label: String
    private let format: LogSettings.Format
    private let destination: LogDestination

    /// A logger that writes to `destination` by `settings`.
    public static func logger(_ settings: LogSettings, to destination: LogDestination) -> Logger {
        Logger(label: "sluice") { label in
            LineLogHandler(label: label, settings: settings, destination: destination)
        }
    }

    init(label: String, settings: LogSettings, destination: LogDestination) {
        self.label = label
        self.destination = destination
        format = settings.format
        logLevel = Logger.Level(settings.level)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        let line = LogLine(
            moment: Date(),
            level: event.level.rawValue,
            message: event.message.description,
            fields: fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        )
        // A log that cannot be written leaves nobody to tell.
        _ = destination.write(line.bytes(format))
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
