import ArgumentParser
import Control

/// `sluice serve`: runs a gateway until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a gateway.",
        discussion: """
            SIGHUP reads the configuration anew: it is put in force wholly or, if it is faulty, \
            not at all. SIGTERM and SIGINT stop accepting and let sessions finish for \
            timeouts.drain; a second one ends at once.
            """
    )

    @Option(
        help: "The configuration file. (default: sluice.yaml, then /etc/sluice/sluice.yaml)",
        completion: .configurationFile
    )
    var config: String?

    func run() async throws {
        let file =
            config ?? ConfigurationLoader.standardPath() ?? ConfigurationLoader.standardPaths[0]
        do {
            try await GatewayService(.file(path: file)).run()
        } catch let error as ServiceError {
            throw error.exit()
        }
    }
}

extension ServiceError {
    /// Says on standard error what is wrong, and gives the code to exit with.
    func exit() -> ExitCode {
        StandardError.print(lines: "sluice: \(description)")
        // EX_CONFIG (sysexits.h).
        if case .invalidConfiguration = self { return ExitCode(78) }
        return .failure
    }
}
