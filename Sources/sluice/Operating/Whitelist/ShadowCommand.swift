import ArgumentParser
import Control
import Text
import Time

/// A listener and its shadow mode.
private struct ListenerView: Decodable {
    var listener: String
    var `protocol`: String
    var link: String
    var admitted: Int
    var shadowed: Int
    var denied: Int
    var shadowUntil: UnixTime?
}

/// What starting or ending shadow mode has changed.
private struct ShadowAnswer: ChangeAnswer {
    var listener: String
    var shadowUntil: UnixTime?
    var effect: ChangeEffect?
}

/// `sluice shadow`: try a whitelist on real clients before it denies any.
struct ShadowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shadow",
        abstract: "Try a whitelist on a listener's clients before it denies any.",
        discussion: """
            A listener in shadow mode admits clients that no entry of the whitelist matches, and \
            records them: sluice denials lists them with SHADOW, and their access-log lines have the \
            field shadow. What a deny entry denies stays denied. Only administrators may use it, for \
            at most 7 days; then the whitelist is enforced, and running sessions that it does not \
            admit are closed.
            """,
        subcommands: [List.self, Start.self, Stop.self],
        defaultSubcommand: List.self
    )

    /// A listener and its warehouse.
    struct Argument: ParsableArguments {
        @ArgumentParser.Argument(help: "The listener's address, such as 0.0.0.0:9030.")
        var listener: String

        @OptionGroup var warehouse: WarehouseOption

        func path(_ client: ManagementClient) async throws -> String {
            let base = try await warehouse.path(client)
            return "\(base)/listeners/\(listener.percentEncoded)/shadow"
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a warehouse's listeners and their shadow mode."
        )

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show(
                { try await warehouse.path($0) + "/listeners" },
                isPaged: false
            ) { (listeners: ManagementClient.Listing<ListenerView>) in
                listeners.table(
                    [
                        "LISTENER", "PROTOCOL", "LINK", "SHADOW UNTIL", .number("ADMITTED"),
                        .number("BY SHADOW"), .number("DENIED"),
                    ],
                    empty: "no listeners"
                ) { listener in
                    [
                        listener.listener, listener.protocol, listener.link,
                        listener.shadowUntil.cell, "\(listener.admitted)", "\(listener.shadowed)",
                        "\(listener.denied)",
                    ]
                }
            }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Admit and record, instead of denying, whom no entry matches."
        )

        @OptionGroup var argument: Argument

        @Option(
            name: .customLong("for"),
            help: "How long, such as 24h, or until when; at most 7 days."
        )
        var time: String

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let end = try TimeArgument.future(time)
            let body = JSONValue(present: ["until": .string(end.rfc3339)])
            try await change.make {
                ManagementRequest(.put, try await argument.path($0), body: body)
            } as: { (_: ShadowAnswer) in
                "listener \(argument.listener) is in shadow mode until \(end.rfc3339)"
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enforce the whitelist again, on running sessions too."
        )

        @OptionGroup var argument: Argument
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make {
                ManagementRequest(.delete, try await argument.path($0))
            } as: { (_: ShadowAnswer) in
                "listener \(argument.listener) enforces the whitelist"
            }
        }
    }
}
