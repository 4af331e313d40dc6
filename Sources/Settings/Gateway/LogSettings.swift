import Text
package import Traffic

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

    /// Where the audit is copied to, as syslog messages (RFC 5424).
    package enum AuditLog: Hashable, Sendable {
        case off
        /// Datagrams to a local socket (unix(7)), such as `/dev/log`.
        case unix(path: String)
        case udp(BackendAddress)
        case tcp(BackendAddress)
    }

    /// The least that is logged.
    package var level: Level = .info
    /// The access log is JSON in either case.
    package var format: Format = .text
    /// A file is appended to, and reopened at a reload.
    package var access: AccessLog = .stdout
    package var audit: AuditLog = .off
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
            fields.read("audit", into: &audit)
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

extension LogSettings.AuditLog: ConfigurationScalar {
    static var expectation: String {
        "off, unixgram:/dev/log, udp:HOST:514 or tcp:HOST:601"
    }

    /// In bytes, without the zero at its end (unix(7)).
    private static var pathLimit: Int { 107 }

    init(configurationText text: String) throws(ScalarError) {
        if text == "off" {
            self = .off
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw ScalarError(expected: Self.self, found: text) }
        let rest = String(parts[1])
        switch parts[0] {
        case "unixgram":
            guard rest.hasPrefix("/"), rest.utf8.count <= Self.pathLimit else {
                throw ScalarError(expected: Self.self, found: text)
            }
            self = .unix(path: rest)
        case "udp": self = .udp(try Self.receiver(rest, of: text))
        case "tcp": self = .tcp(try Self.receiver(rest, of: text))
        default: throw ScalarError(expected: Self.self, found: text)
        }
    }

    private static func receiver(_ text: String, of whole: String) throws(ScalarError)
        -> BackendAddress
    {
        do throws(ScalarError) {
            return try BackendAddress(configurationText: text)
        } catch {
            throw ScalarError(expected: Self.self, found: whole)
        }
    }
}

/// As it is configured.
extension LogSettings.AuditLog: CustomStringConvertible {
    package var description: String {
        switch self {
        case .off: "off"
        case .unix(let path): "unixgram:\(path)"
        case .udp(let address): "udp:\(address)"
        case .tcp(let address): "tcp:\(address)"
        }
    }
}

extension PolicyAuthority: ConfigurationWord {}
