import ArgumentParser
import Control

/// Which configuration file a command reads.
struct ConfigurationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration file. (default: \(paths))",
            valueName: "config"
        ),
        completion: .configurationFile
    )
    var config: String?

    private static let paths = ConfigurationLoader.standardPaths.joined(separator: ", then ")

    /// The given file, or the first standard one that exists; `nil` if none does.
    var file: String? { config ?? ConfigurationLoader.standardPath() }
}

extension CompletionKind {
    static var configurationFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}
