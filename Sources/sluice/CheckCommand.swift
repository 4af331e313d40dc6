import ArgumentParser
import Control
import Core
import Foundation

/// `sluice check`: says everything that is wrong or doubtful in a configuration, and serves nothing.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and report every fault at once.",
        discussion: "Exits with 0 if the configuration can be served, and with 78 if it cannot."
    )

    @Option(help: "The configuration file. (default: sluice.yaml, then /etc/sluice/sluice.yaml)")
    var config: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let file =
            config ?? ConfigurationLoader.standardPath() ?? ConfigurationLoader.standardPaths[0]
        let loaded = ConfigurationLoader().load(contentsOf: file)
        print(json ? try CheckReport(loaded).json() : loaded.text)
        // EX_CONFIG (sysexits.h).
        if loaded.configuration == nil { throw ExitCode(78) }
    }
}

extension LoadedConfiguration {
    /// The findings, a line each, and a last line that sums up.
    fileprivate var text: String {
        let verdict =
            configuration.map { "serves \(ConfigurationSummary($0).text)" }
            ?? "cannot be served: \(faults.count.counted("fault"))"
        return (lines + ["\(file): \(verdict)"]).joined(separator: "\n")
    }
}

/// What a configuration would serve.
private struct ConfigurationSummary: Encodable {
    var warehouses: Int
    var listeners: Int
    var rules: Int

    init(_ configuration: GatewayConfiguration) {
        warehouses = configuration.warehouses.count
        listeners = configuration.warehouses.map(\.listeners.count).reduce(0, +)
        rules = configuration.warehouses.map(\.whitelist.rules.count).reduce(0, +)
    }

    var text: String {
        "\(listeners.counted("listener")), \(warehouses.counted("warehouse")), "
            + rules.counted("whitelist rule")
    }
}

/// What `--json` prints.
private struct CheckReport: Encodable {
    var file: String
    var valid: Bool
    var faults: [Finding]
    var warnings: [Finding]
    /// Only of a valid configuration.
    var serves: ConfigurationSummary?

    struct Finding: Encodable {
        var file: String
        var line: Int?
        var column: Int?
        var path: String
        var message: String
        var remedy: String?
    }

    init(_ loaded: LoadedConfiguration) {
        file = loaded.file
        valid = loaded.configuration != nil
        faults = loaded.faults.map { Finding($0, in: loaded.file) }
        warnings = loaded.warnings.map { Finding($0, in: loaded.file) }
        serves = loaded.configuration.map(ConfigurationSummary.init)
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension CheckReport.Finding {
    fileprivate init(_ finding: ConfigurationFinding, in configurationFile: String) {
        self.init(
            file: finding.file ?? configurationFile,
            line: finding.position?.line,
            column: finding.position?.column,
            path: finding.path,
            message: finding.message,
            remedy: finding.remedy
        )
    }
}

extension Int {
    /// `1 listener`, `2 listeners`.
    fileprivate func counted(_ noun: String) -> String {
        self == 1 ? "1 \(noun)" : "\(self) \(noun)s"
    }
}
