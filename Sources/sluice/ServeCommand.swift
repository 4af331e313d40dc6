import ArgumentParser
import Control

/// `sluice serve`: runs a gateway until a signal stops it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a gateway.",
        discussion: """
            SIGHUP reloads the configuration; an invalid file is rejected and the old one stays \
            active. SIGUSR1 reopens the access log. SIGTERM and SIGINT release the addresses and let \
            sessions finish within timeouts.drain; a second one exits immediately.
            """
    )

    @OptionGroup var configuration: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            """
            Seconds to wait for addresses in use by another process, such as a gateway about \
            to drain. (default: \(defaultBindPatience))
            """,
            valueName: "seconds"
        )
    )
    var bindPatience: Int?

    private static let defaultBindPatience = 2

    func validate() throws {
        guard (0...86_400).contains(bindPatience ?? 0) else {
            throw ValidationError(
                "invalid --bind-patience \(bindPatience ?? 0) (expected 0 to 86400 seconds)"
            )
        }
    }

    func run() async throws {
        do {
            guard let file = configuration.file else {
                throw ServiceError.invalidConfiguration(ConfigurationLoader.withoutFile.lines)
            }
            let patience = Duration.seconds(bindPatience ?? Self.defaultBindPatience)
            try await GatewayService(.file(path: file), bindPatience: patience).run()
        } catch let error as ServiceError {
            throw error.exit()
        }
    }
}

extension ServiceError {
    /// Prints the error to standard error and returns the exit code.
    func exit() -> ExitCode {
        StandardError.print(lines: "sluice: \(description)")
        // EX_CONFIG (sysexits.h).
        if case .invalidConfiguration = self { return ExitCode(78) }
        return .failure
    }
}
