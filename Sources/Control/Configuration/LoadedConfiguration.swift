package import Settings

/// What became of one configuration file and the files that it names.
package struct LoadedConfiguration: Sendable {
    /// The configuration file's path, as it was given.
    package var file: String
    /// `nil` if there is at least one error.
    package var configuration: GatewayConfiguration?
    /// The topology, if nothing else than the whitelists' list files keeps the configuration from
    /// being used.
    package var topology: Topology?
    /// Faults and warnings, in the order of the file. Their `file` is a path that opens.
    package var findings: [ConfigurationFinding]

    /// What prevents the configuration from being applied.
    package var faults: [ConfigurationFinding] { findings.filter { $0.severity == .error } }
    /// What its author may not have meant.
    package var warnings: [ConfigurationFinding] { findings.filter { $0.severity == .warning } }

    /// The findings for a person: `file:line:column: error: key.path: message (remedy)`.
    package var lines: [String] { findings.map { $0.line(in: file) } }
}

extension LoadedConfiguration {
    /// A file from which nothing can be read at all.
    init(file: String, fault: ConfigurationFinding) {
        self.init(file: file, configuration: nil, findings: [fault])
    }
}
