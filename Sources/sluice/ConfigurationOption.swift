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

    /// The file that is named, or the first of the standard ones; `nil` if none of those exists.
    var file: String? { config ?? ConfigurationLoader.standardPath() }
}

extension CompletionKind {
    static var configurationFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}
