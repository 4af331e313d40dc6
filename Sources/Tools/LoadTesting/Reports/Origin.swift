import Text

extension BenchReport {
    /// Where and how a test was run, and by which version.
    package struct Origin: Sendable {
        /// "sluice 0.3.0".
        package var version: String
        /// ISO 8601, the start of the test.
        package var date: String
        /// The command that repeats the test, without secrets.
        package var command: String
        package var machine: Machine

        package init(version: String, date: String, command: String, machine: Machine) {
            self.version = version
            self.date = date
            self.command = command
            self.machine = machine
        }
    }
}

/// Where a load test ran: figures from different machines must not be compared.
package struct Machine: Hashable, Sendable, Encodable {
    /// The number of CPUs the load generator may run on.
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

    /// This machine; what cannot be determined is "unknown".
    package init(processors: Int) {
        self.init(
            processors: processors,
            model: Self.value(of: "model name", in: "/proc/cpuinfo", separator: ":"),
            system: "Linux " + Self.line("/proc/sys/kernel/osrelease"),
            distribution: Self.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "="),
            congestionControl: Self.line("/proc/sys/net/ipv4/tcp_congestion_control")
        )
    }

    /// One line for people.
    package var summary: String {
        "\(processors.of("CPU")), \(model), \(distribution), \(system), "
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

/// A command line as recorded in a report: it can be pasted into a shell, and contains no secrets.
package struct RecordedCommand: Hashable, Sendable {
    /// Without the program.
    private let arguments: [String]

    package init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// Without the values of header fields, which may be credentials.
    package var text: String {
        var words = ["sluice"]
        var isHeader = false
        for argument in arguments {
            if isHeader {
                words.append(Self.withoutValue(argument).shellQuoted)
            } else if argument.hasPrefix("--header=") {
                let field = argument.dropFirst("--header=".count)
                words.append("--header=" + Self.withoutValue(String(field)).shellQuoted)
            } else {
                words.append(LogText.harmless(argument).shellQuoted)
            }
            isHeader = argument == "--header"
        }
        return words.joined(separator: " ")
    }

    private static func withoutValue(_ field: String) -> String {
        field.prefix { $0 != ":" } + ": …"
    }
}
