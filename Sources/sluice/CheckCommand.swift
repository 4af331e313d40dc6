import ArgumentParser
import Control

/// `sluice check`: says everything that is wrong or doubtful in a configuration; serves nothing.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file and report every fault at once.",
        discussion: """
            Each fault and warning is one line: file, line, column, key path, message, remedy. \
            Exits with 0 if the configuration can be served, and with 78 if it cannot.
            """
    )

    @Option(help: "The configuration file. (default: sluice.yaml, then /etc/sluice/sluice.yaml)")
    var config: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let file =
            config ?? ConfigurationLoader.standardPath() ?? ConfigurationLoader.standardPaths[0]
        let report = ConfigurationReport(ConfigurationLoader().load(contentsOf: file))
        print(json ? try report.json() : report.text)
        // EX_CONFIG (sysexits.h).
        if !report.valid { throw ExitCode(78) }
    }
}
