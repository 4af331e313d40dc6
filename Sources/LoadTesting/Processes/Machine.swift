import Text

/// Where a load test ran: figures of different machines are not to be compared.
package struct Machine: Hashable, Sendable, Encodable {
    /// How many processors the load generator may run on.
    package var processors: Int
    /// "AMD EPYC".
    package var model: String
    /// "Linux 6.1.0".
    package var system: String
    /// "Debian GNU/Linux 12 (bookworm)".
    package var distribution: String
    /// "cubic" (`net.ipv4.tcp_congestion_control`).
    package var congestionControl: String

    package init(
        processors: Int,
        model: String,
        system: String,
        distribution: String,
        congestionControl: String
    ) {
        self.processors = processors
        self.model = model
        self.system = system
        self.distribution = distribution
        self.congestionControl = congestionControl
    }

    /// This one; what the system does not reveal is "unknown".
    package init(processors: Int) {
        self.init(
            processors: processors,
            model: Self.value(of: "model name", in: "/proc/cpuinfo", separator: ":"),
            system: "Linux " + Self.line("/proc/sys/kernel/osrelease"),
            distribution: Self.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "="),
            congestionControl: Self.line("/proc/sys/net/ipv4/tcp_congestion_control")
        )
    }

    /// One line, for a person.
    package var summary: String {
        "\(processors.of("processor")), \(model), \(distribution), \(system), "
            + "congestion control \(congestionControl)"
    }

    private static let unknown = "unknown"

    private static func line(_ path: String) -> String {
        let text = ProcFile.text(path)?.prefix { !$0.isNewline } ?? ""
        return text.isEmpty ? unknown : String(text)
    }

    /// The value of the first line that begins with `key`, without quotation marks.
    private static func value(of key: String, in path: String, separator: Character) -> String {
        let lines = (ProcFile.text(path) ?? "").split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.hasPrefix(key) }),
            let start = line.firstIndex(of: separator)
        else { return unknown }
        let value = line[line.index(after: start)...].drop(while: Self.isPadding)
        return String(value.reversed().drop(while: Self.isPadding).reversed())
    }

    private static func isPadding(_ character: Character) -> Bool {
        character.isWhitespace || character == "\""
    }
}
