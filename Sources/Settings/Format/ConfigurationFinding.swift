/// An error or a warning about a configuration, with its place and remedy. Always for the operator.
package struct ConfigurationFinding: Hashable, Sendable {
    /// Whether the configuration can be applied.
    package enum Severity: String, Hashable, Sendable, Codable {
        /// The configuration cannot be applied.
        case error
        /// It can, but may not do what its author meant.
        case warning
    }

    /// With a single error the configuration is not applied.
    package var severity: Severity
    /// The file that `position` speaks of; `nil` for the configuration file itself.
    package var file: String?
    /// `nil` if the finding is about the whole file.
    package var position: SourcePosition?
    /// `warehouses[0].listeners[1].backends[0].address`; empty for the file itself.
    package var path: String
    /// What is wrong, without the place; one line.
    package var message: String
    /// The remedy, if there is a single one.
    package var remedy: String?

    /// A finding in the configuration file itself, unless `file` names another.
    package init(
        _ severity: Severity,
        file: String? = nil,
        at position: SourcePosition? = nil,
        path: String = "",
        message: String,
        remedy: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.position = position
        self.path = path
        self.message = message
        self.remedy = remedy
    }
}

extension ConfigurationFinding {
    /// One line as compilers print them, so that editors can jump to the place: `sluice.yaml:12:15:
    /// error: warehouses[0].id: … (…)`.
    ///
    /// - Parameters:
    ///   - configurationFile: the name to show if the finding names no file of its own.
    ///   - withSeverity: whether the line says if it is an error or a warning.
    package func line(in configurationFile: String, withSeverity: Bool = true) -> String {
        let place = position.map { ":\($0.line):\($0.column)" } ?? ""
        let subject = path.isEmpty ? "" : "\(path): "
        let advice = remedy.map { " (\($0))" } ?? ""
        let kind = withSeverity ? "\(severity.rawValue): " : ""
        return "\(file ?? configurationFile)\(place): \(kind)"
            + "\(subject)\(message)\(advice)"
    }
}

extension ConfigurationFinding: CustomStringConvertible {
    /// The line of a file whose name is not known.
    package var description: String { line(in: "configuration") }
}
