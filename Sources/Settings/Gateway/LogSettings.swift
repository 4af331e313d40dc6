/// What is logged, and where.
package struct LogSettings: Hashable, Sendable {
    /// From the most talkative to the most silent.
    package enum Level: String, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error
    }

    /// How a line of the gateway's own log looks: for programs or for people.
    package enum Format: String, Hashable, Sendable, CaseIterable { case json, text }

    /// The destination of the access log, which has one line per connection.
    package enum AccessLog: Hashable, Sendable { case off, stdout, stderr, file(path: String) }

    /// The least that is logged.
    package var level: Level = .info
    /// The access log is JSON in either case.
    package var format: Format = .text
    /// A file is appended to, and reopened at a reload.
    package var access: AccessLog = .stdout
    /// Lines of denials in the access log, a minute, for each source and reason; 0 for no limit.
    package var denialsPerMinute = 60

    /// The defaults of the configuration file.
    package init() {}
}
