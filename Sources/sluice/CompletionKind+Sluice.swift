import ArgumentParser
import Core

/// What a shell offers behind options of several commands.
extension CompletionKind {
    static var configurationFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }

    static var link: CompletionKind { .list(LinkKind.allCases.map(\.rawValue)) }
}
