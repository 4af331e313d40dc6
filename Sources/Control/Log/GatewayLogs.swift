import Logging
import Settings
import Synchronization

/// The logs of one gateway: its own, and the access log.
final class GatewayLogs: Sendable {
    let operatorLog: OperatorLog
    let accessLog: AccessLogWriter
    let events: GatewayEventLog
    /// Copies the audit to syslog.
    let audit: AuditExporter
    private let settings: Mutex<LogSettings>

    init(_ settings: LogSettings) throws(LogDestination.OpenError) {
        let operatorLog = OperatorLog(settings, to: .standardError)
        let events = GatewayEventLog(operatorLog.logger)
        accessLog = AccessLogWriter(
            to: try LogDestination.of(settings.access),
            includesProbes: settings.includesProbes,
            report: events.record
        )
        audit = AuditExporter(settings.audit, logger: operatorLog.logger)
        self.operatorLog = operatorLog
        self.events = events
        self.settings = Mutex(settings)
    }

    var logger: Logger { operatorLog.logger }

    /// Other settings, with what they need opened already.
    struct Change {
        fileprivate let settings: LogSettings
        /// The destination of the access log; the outer `nil` keeps the current one.
        fileprivate var destination: LogDestination??
    }

    /// Opens what other settings need. Nothing changes before ``apply(_:)``.
    func prepare(_ new: LogSettings) throws(LogDestination.OpenError) -> Change {
        let isMoved = settings.withLock { $0.access != new.access }
        var change = Change(settings: new)
        if isMoved { change.destination = .some(try LogDestination.of(new.access)) }
        return change
    }

    /// Logs by other settings from now on.
    func apply(_ change: Change) {
        if let destination = change.destination {
            accessLog.redirect(to: destination, includesProbes: change.settings.includesProbes)
            // The file may have been renamed since it was opened.
            reopen()
        } else {
            accessLog.include(probes: change.settings.includesProbes)
        }
        operatorLog.apply(change.settings)
        audit.redirect(to: change.settings.audit)
        settings.withLock { $0 = change.settings }
    }

    /// Reopens the files after they were renamed (logrotate(8)). Returns immediately.
    func reopen() {
        accessLog.reopen { [logger] error in
            logger.error("\(error); still writing the access log to the old file")
        }
    }

    /// Waits for the readers of both logs, a few seconds at most.
    func flush() {
        accessLog.flush(within: .seconds(5))
        operatorLog.flush(within: .seconds(1))
    }
}

extension LogSettings {
    fileprivate var includesProbes: Bool { level == .trace || level == .debug }
}
