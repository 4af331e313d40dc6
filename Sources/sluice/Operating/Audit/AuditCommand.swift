import ArgumentParser
import Control
import Text
import Time

/// A change in the audit, as a table shows it.
struct AuditEventView: Decodable {
    struct Actor: Decodable {
        var kind: String?
        var name: String?
        var address: String?
    }

    var number: Int
    var at: UnixTime
    var actor: Actor?
    var action: String
    var warehouse: String?
    var target: String?
    var note: String?
}

/// Whether the audit's chain of hashes is unbroken.
struct AuditVerification: Decodable {
    var count: Int
    var head: String?
    var valid: Bool
    var firstInvalid: Int?

    var text: String {
        let events = count.of("event")
        if valid { return "valid: \(events), head \(head.cell)\n" }
        return "invalid: \(events), the first invalid one is \(firstInvalid.cell)\n"
    }
}

/// `sluice audit`: who has changed what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show who has changed what, and check that the record is complete.",
        subcommands: [List.self, Export.self, Verify.self],
        defaultSubcommand: List.self
    )

    /// A span of time.
    struct Span: ParsableArguments {
        @Option(
            help: "Only since a duration ago, such as 24h, or a time.",
            transform: TimeArgument.past
        )
        var since: UnixTime?

        @Option(
            help: "Only until a duration ago, or a time.",
            transform: TimeArgument.past
        )
        var until: UnixTime?

        var pairs: [(key: String, value: String)] {
            PlaceFilterOptions.pairs([("since", since?.rfc3339), ("until", until?.rfc3339)])
        }
    }
}

extension AuditCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List changes, the latest first.",
            discussion: """
                --action is one of these, or what they start with: \
                \(AuditActions.all.joined(separator: ", ")).
                """
        )

        @Option(
            name: .shortAndLong,
            help: "Only changes to this warehouse.",
            completion: .warehouses
        )
        var warehouse: String?

        @Option(help: "Only changes by this key or user.")
        var actor: String?

        @Option(
            help: "Only this kind of change, such as whitelist or whitelist.entry.add.",
            completion: .list(AuditActions.families + AuditActions.all)
        )
        var action: String?

        @OptionGroup var span: Span
        @OptionGroup var options: ListOptions

        /// An invalid filter is a usage error, found without asking a gateway.
        func validate() throws {
            if let action, !AuditActions.isKnown(action) {
                throw ValidationError(
                    "invalid --action \(action.quoted) (\(AuditActions.advice(for: action)))"
                )
            }
        }

        func run() async throws {
            let query =
                PlaceFilterOptions.pairs([
                    ("warehouse", warehouse), ("actor", actor), ("action", action),
                ]) + span.pairs
            try await options.show({ _ in "v1/audit" }, query: query) {
                (events: ManagementClient.Listing<AuditEventView>) in events.table
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all changes as JSON lines, the earliest first."
        )

        @OptionGroup var span: Span
        @OptionGroup var place: GatewayOptions

        @Option(
            help: "The configuration file of the gateway, for its socket and its address.",
            completion: .configurationFile
        )
        var config: String?

        func run() async throws {
            let gateway = GatewaySession { try place.target(configuration: config) }
            try await gateway.run { client in
                let lines = OutputLines()
                try await client.stream(.get("v1/audit/export", query: span.pairs)) { piece in
                    lines.append(piece)
                }
                lines.finish()
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no change was removed from the audit or altered.",
            discussion: "Exit codes: 0 the audit is valid, 1 it is not, 2 no answer."
        )

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            var gateway = management.gateway
            gateway.refusal = ExitCode(2)
            let result = try await gateway.show(.get("v1/audit/verify")) {
                (result: AuditVerification) in result.text
            }
            if !result.valid { throw ExitCode.failure }
        }
    }
}

extension ManagementClient.Listing where Element == AuditEventView {
    var table: String {
        let headings: [Columns.Heading] = [
            .number("NUMBER"), "AT", "ACTOR", "FROM", "ACTION", "WAREHOUSE", "TARGET", "NOTE",
        ]
        return table(headings, empty: "no changes") { event in
            [
                "\(event.number)", event.at.rfc3339,
                (event.actor?.name ?? event.actor?.kind).cell, (event.actor?.address).cell,
                event.action, event.warehouse.cell, event.target.cell, event.note.cell,
            ]
        }
    }
}
