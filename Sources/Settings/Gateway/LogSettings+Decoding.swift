import Text

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
    init(configurationText text: String) throws(ScalarFault) {
        switch text {
        case "off": self = .off
        case "stdout": self = .stdout
        case "stderr": self = .stderr
        case _ where text.contains("/"): self = .file(path: text)
        default:
            let remedy = "write ./\(text) for a file in the working directory"
            throw ScalarFault(expected: Self.self, found: text, remedy: remedy)
        }
    }
}

extension PolicyAuthority: ConfigurationWord {}
