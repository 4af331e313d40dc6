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
            gateway. A certificate that no authority of the system has issued is pinned: \
            a gateway with another one is refused.
            """,
        subcommands: [List.self, Add.self, Use.self, SetKey.self, Trust.self, Remove.self],
        defaultSubcommand: List.self
    )

    static var file: ContextFile {
        ContextFile(environment: ProcessInfo.processInfo.environment)
    }

    /// Changes the stored contexts.
    ///
    /// - Parameter change: returns what to print once the contexts are stored.
    static func edit(
        _ change: (inout GatewayContexts) throws(CommandFailure) -> String?
    ) throws {
        try CommandFailure.reported {
            var contexts = try file.read()
            let text = try change(&contexts)
            try file.write(contexts)
            if let text { StandardOutput.print(text) }
        }
    }

    /// The same for a change that takes a look at a gateway.
    static func edit(_ change: (inout GatewayContexts) async throws -> String?) async throws {
        do {
            var contexts = try file.read()
            let text = try await change(&contexts)
            try file.write(contexts)
            if let text { StandardOutput.print(text) }
        } catch let failure as CommandFailure {
            StandardError.print("sluice: \(failure.message)")
            throw failure.code
        } catch let error as ManagementClientError {
            StandardError.print("sluice: \(error)")
            StandardError.print(
                "sluice: --fingerprint SHA256:… or --ca FILE need no connection to the gateway"
            )
            throw GatewayExit.code(error)
        }
    }
}

extension ContextCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List contexts; * marks the current one."
        )

        @Flag(help: "Print JSON, without keys and logins' tokens.")
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

    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a context the current one."
        )

        @Argument(help: "Its name.", completion: .contexts)
        var name: String

        func run() throws {
            try ContextCommand.edit { contexts throws(CommandFailure) in
                try contexts.use(name)
                return "commands now use context \(try contexts.context(name).words)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a context, and end its login."
        )

        @Argument(help: "Its name.", completion: .contexts)
        var name: String

        func run() async throws {
            try await ContextCommand.edit { contexts in
                let context = try contexts.context(name)
                if context.login != nil { try await end(loginOf: context, among: contexts) }
                try contexts.remove(name)
                return "removed context \(name)"
            }
        }

        /// Nobody has the token afterward, so that the login is of no use.
        private func end(loginOf context: GatewayContext, among contexts: GatewayContexts)
            async throws
        {
            let place = try LoginPlace(
                context: context.name,
                management: nil,
                environment: ProcessInfo.processInfo.environment,
                among: contexts
            )
            guard let login = context.login, let error = await place.end(login) else { return }
            StandardError.print("sluice: \(login.warning(of: place.address, error))")
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
                Self.trustWords(of: context),
            ]
        }
        description =
            rows.isEmpty
            ? "no contexts"
            : Columns(["", "CONTEXT", "GATEWAY", "KEY", "CERTIFICATE"], rows).description
    }

    private static func keyWords(of context: GatewayContext) -> String {
        if let login = context.login { return "login of \(login.account)" }
        return context.keyFile ?? (context.key == nil ? "-" : "stored")
    }

    private static func trustWords(of context: GatewayContext) -> String {
        // Its first bytes tell it from others.
        context.ca ?? context.fingerprint.map { "\($0.prefix(18))…" } ?? "-"
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
                        "fingerprint": context.fingerprint.map(JSONValue.string),
                        "ca": context.ca.map(JSONValue.string),
                        "account": (context.login?.account).map(JSONValue.string),
                        "hasKey": .bool(context.key != nil || context.keyFile != nil),
                    ])
                }
            ),
        ])
    }
}
