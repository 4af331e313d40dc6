import Text

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

extension LogSettings {
    /// Overwrites what the mapping at `place` gives.
    mutating func read(_ place: Place?) {
        place?.keys(insteadOfValue: "level") { fields in
            fields.read("level", into: &level)
            fields.read("format", into: &format)
            fields.read("access", into: &access)
            fields.read("denialsPerMinute", into: &denialsPerMinute, within: 0...1_000_000)
        }
    }
}

extension LogSettings.Level: ConfigurationWord {
    static var synonyms: [String: Self] {
        [
            "warn": .warning, "err": .error, "fatal": .error, "critical": .error,
            "verbose": .debug, "information": .info,
        ]
    }
}
extension LogSettings.Format: ConfigurationWord {}

extension LogSettings.AccessLog: ConfigurationScalar {
    static var expectation: String { "off, stdout, stderr or a file path" }

    /// A path has a `/` in it, so that a mistyped word does not become a file.
    init(configurationText text: String) throws(ScalarError) {
        switch text {
        case "off": self = .off
        case "stdout": self = .stdout
        case "stderr": self = .stderr
        case _ where text.contains("/"): self = .file(path: text)
        default:
            let remedy = "write ./\(text) for a file in the working directory"
            throw ScalarError(expected: Self.self, found: text, remedy: remedy)
        }
    }
}

extension PolicyAuthority: ConfigurationWord {}
