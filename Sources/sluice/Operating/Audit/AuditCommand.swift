import ArgumentParser
import Control
import Text
import Time

/// A record of the audit, as a table shows it.
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
    var before: JSONValue?
    var after: JSONValue?
    var note: String?
}

/// Whether the audit's chain of hashes is unbroken.
struct AuditVerification: Decodable {
    var count: Int
    var head: String?
    var valid: Bool
    var firstInvalid: Int?

    var text: String {
        let records = count.of("record")
        if valid { return "valid: \(records), head \(head.cell)\n" }
        return "invalid: \(records), the first invalid one is \(firstInvalid.cell)\n"
    }
}

/// `sluice audit`: who has changed what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show who has changed what, and check that no record is missing.",
        subcommands: [List.self, Export.self, Verify.self],
        defaultSubcommand: List.self
    )

    /// Which records.
    struct Filter: ParsableArguments {
        @Option(
            name: .shortAndLong,
            help: "Only records of this warehouse.",
            completion: .warehouses
        )
        var warehouse: String?

        @Option(help: "Only records of this key or user.")
        var actor: String?

        @Option(
            help: "Only this kind of change, such as whitelist or whitelist.entry.add.",
            completion: .list(AuditActions.families + AuditActions.all)
        )
        var action: String?

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

        /// An invalid filter is a usage error, found without asking a gateway.
        func validate() throws {
            if let action, !AuditActions.isKnown(action) {
                throw ValidationError(
                    "invalid --action \(action.quoted) (\(AuditActions.advice(for: action)))"
                )
            }
        }

        var pairs: [(key: String, value: String)] {
            PlaceFilterOptions.pairs([
                ("warehouse", warehouse), ("actor", actor), ("action", action),
                ("since", since?.rfc3339), ("until", until?.rfc3339),
            ])
        }

        static let actions = """
            --action is one of these, or what they start with: \
            \(AuditActions.all.joined(separator: ", ")).
            """
    }
}

extension AuditCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List records, the latest first.",
            discussion: Filter.actions
        )

        @OptionGroup var filter: Filter
        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ _ in "v1/audit" }, query: filter.pairs) {
                (records: ManagementClient.Listing<AuditEventView>) in records.table
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print records as JSON lines, the earliest first.",
            discussion: Filter.actions
        )

        @OptionGroup var filter: Filter
        @OptionGroup var place: GatewayOptions

        @Option(
            help: "The configuration file of the gateway, for its socket and its address.",
            completion: .configurationFile
        )
        var config: String?

        func run() async throws {
            let gateway = place.gateway(of: config)
            try await gateway.run { client in
                let lines = OutputLines()
                try await client.stream(.get("v1/audit/export", query: filter.pairs)) { piece in
                    lines.append(piece)
                }
                lines.finish()
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no record was removed from the audit or altered.",
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
        return table(headings, empty: "no records") { record in
            let subject = AuditSubject(of: record)
            return [
                "\(record.number)", record.at.rfc3339,
                (record.actor?.name ?? record.actor?.kind).cell, (record.actor?.address).cell,
                record.action, record.warehouse.cell, subject.target.cell, subject.note.cell,
            ]
        }
    }
}
