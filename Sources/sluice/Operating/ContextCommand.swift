import ArgumentParser
import Control
import FoundationEssentials
import Text

/// `sluice context`: names for gateways, so that commands can find them.
struct ContextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Give gateways names, and choose the one that commands use.",
        discussion: """
            Contexts are stored in ~/.config/sluice/contexts.json, which only you can read. The \
            current one is used unless an option, SLUICE_MANAGEMENT or SLUICE_CONTEXT names another \
            gateway.
            """,
        subcommands: [List.self, Add.self, Use.self, Remove.self],
        defaultSubcommand: List.self
    )

    fileprivate static var file: ContextFile {
        ContextFile(environment: ProcessInfo.processInfo.environment)
    }

    /// Changes the stored contexts.
    fileprivate static func edit(
        _ change: (inout GatewayContexts) throws(CommandFailure) -> Void
    ) throws {
        try CommandFailure.reported {
            var contexts = try file.read()
            try change(&contexts)
            try file.write(contexts)
        }
    }
}

extension ContextCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List contexts; * marks the current one."
        )

        @Flag(help: "Print JSON, without keys.")
        var json = false

        func run() throws {
            let contexts = try CommandFailure.reported { try ContextCommand.file.read() }
            if json {
                StandardOutput.print(json: ContextTable.json(of: contexts).prettyText)
            } else {
                StandardOutput.print("\(ContextTable(contexts))")
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a context; the first one becomes the current one."
        )

        @Argument(help: "Its name.")
        var name: String

        @Option(
            help: "The gateway's management address.",
            transform: GatewayOptions.address
        )
        var management: ManagementAddress?

        @Option(
            help: ArgumentHelp("The gateway's local socket.", valueName: "path"),
            completion: .file(extensions: ["sock"])
        )
        var socket: String?

        @Option(help: "The key; - reads it from standard input.")
        var key: String?

        @Option(
            help: "A file that holds the key, which only you can read.",
            completion: .file()
        )
        var keyFile: String?

        func validate() throws {
            if (management == nil) == (socket == nil) {
                throw ValidationError("expected either --management HOST:PORT or --socket PATH")
            }
            if socket != nil, key != nil || keyFile != nil {
                throw ValidationError("a local socket needs no key")
            }
            if key != nil, keyFile != nil {
                throw ValidationError("--key and --key-file cannot be combined")
            }
        }

        func run() throws {
            try ContextCommand.edit { contexts throws(CommandFailure) in
                let context = GatewayContext(
                    name: name,
                    management: management?.text,
                    socket: socket.map(Self.absolute),
                    key: key == "-" ? try Self.keyFromInput() : key,
                    keyFile: keyFile.map(Self.absolute)
                )
                // A slip shows now, and not when the context is used.
                _ = try context.readKey()
                try contexts.add(context)
            }
        }

        private static func keyFromInput() throws(CommandFailure) -> String {
            let text = try InputText("-").read(limit: 4_096)
            guard let key = text.split(whereSeparator: \.isWhitespace).first else {
                throw CommandFailure("no key on standard input", code: GatewayExit.usage)
            }
            return String(key)
        }

        /// A context is used from any folder.
        private static func absolute(_ path: String) -> String {
            path.hasPrefix("/")
                ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        }
    }

    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a context the current one."
        )

        @Argument(help: "Its name.", completion: .contexts)
        var name: String

        func run() throws {
            try ContextCommand.edit { contexts throws(CommandFailure) in try contexts.use(name) }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a context.")

        @Argument(help: "Its name.", completion: .contexts)
        var name: String

        func run() throws {
            try ContextCommand.edit { contexts throws(CommandFailure) in
                try contexts.remove(name)
            }
        }
    }
}

/// Contexts as a table for people, without keys.
struct ContextTable: CustomStringConvertible {
    let description: String

    init(_ contexts: GatewayContexts) {
        let rows = contexts.contexts.map { context in
            [
                context.name == contexts.current ? "*" : "", context.name,
                context.management ?? context.socket.cell, Self.keyWords(of: context),
            ]
        }
        description =
            rows.isEmpty
            ? "no contexts" : Columns(["", "CONTEXT", "GATEWAY", "KEY"], rows).description
    }

    private static func keyWords(of context: GatewayContext) -> String {
        context.keyFile ?? (context.key == nil ? "-" : "stored")
    }

    static func json(of contexts: GatewayContexts) -> JSONValue {
        JSONValue(present: [
            "current": contexts.current.map(JSONValue.string),
            "contexts": .array(
                contexts.contexts.map { context in
                    JSONValue(present: [
                        "name": .string(context.name),
                        "management": context.management.map(JSONValue.string),
                        "socket": context.socket.map(JSONValue.string),
                        "keyFile": context.keyFile.map(JSONValue.string),
                        "hasKey": .bool(context.key != nil || context.keyFile != nil),
                    ])
                }
            ),
        ])
    }
}
