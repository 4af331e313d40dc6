import ArgumentParser
import Control
import Settings
import Text
import Time

/// `sluice lease`: the caller's own address, admitted for a while.
struct LeaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease",
        abstract: "Admit your own address for a while, for instance from a CI job.",
        discussion: """
            The address is the one from which the gateway sees this command. Taking the same lease \
            again extends it. A key of the role lease can do this and nothing else.
            """,
        subcommands: [Take.self, List.self, Release.self],
        defaultSubcommand: Take.self
    )
}

/// An address that is admitted for a while.
struct LeaseView: ChangedItem {
    static let key = "lease"

    var entryId: String
    var warehouseId: String?
    var cidr: String
    var service: String?
    var expiresAt: UnixTime?
    /// `created`, `extended` or `alreadyAllowed`.
    var outcome: String?
    var holder: String?
    var description: String?

    /// `203.0.113.7 is admitted to AWVA7CM7 until 2026-11-29T03:25:00Z (entry 12)`
    var words: String {
        let place = (warehouseId.map { " to \($0)" } ?? "") + (service.map { " (\($0))" } ?? "")
        let end = expiresAt.map { " until \($0.rfc3339)" } ?? ", without an end"
        let isOld = outcome == "alreadyAllowed"
        return "\(cidr) is \(isOld ? "already " : "")admitted\(place)\(end) (entry \(entryId))"
    }
}

extension ManagementClient.Listing where Element == LeaseView {
    var table: String {
        table(["ID", "CIDR", "SERVICE", "EXPIRES", "HOLDER", "DESCRIPTION"], empty: "no leases") {
            [
                $0.entryId, $0.cidr, $0.service.cell, $0.expiresAt.cell, $0.holder.cell,
                $0.description.cell,
            ]
        }
    }
}

/// Of which warehouse a lease is. A key for leases cannot list warehouses.
struct LeasePlace: ParsableArguments {
    @OptionGroup var warehouse: WarehouseArgument

    func path(_ client: ManagementClient) async throws -> String {
        "v1/warehouses/\(try await id(client).percentEncoded)/leases"
    }

    private func id(_ client: ManagementClient) async throws -> String {
        if let named = warehouse.named { return named }
        let caller: CallerView = try await client.get("v1/me").value
        if let own = caller.warehouses, own.count == 1 { return own[0] }
        guard caller.role == "lease" else {
            return try await WarehouseOption.only(client, use: "--warehouse")
        }
        let names = caller.warehouses.map { " with one of \($0.joined(separator: ", "))" } ?? ""
        throw CommandFailure(
            "the key is not for a single warehouse (use --warehouse\(names))",
            code: GatewayExit.usage
        )
    }
}

extension LeaseCommand {
    struct Take: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "take",
            abstract: "Admit your own address, or extend its lease. The default."
        )

        @OptionGroup var place: LeasePlace

        @Option(help: "For how long: 15m, 1h30m; at most 24h.", transform: Self.duration)
        var ttl: Duration

        @Option(help: "What the lease is for.")
        var description: String?

        @Option(
            help: "Only for this service: mysql, http or tcp.",
            completion: WarehouseProtocol.completion
        )
        var service: WarehouseProtocol?

        @OptionGroup var change: ChangeOptions

        var body: JSONValue {
            JSONValue(present: [
                "ttl": .number("\(ttl.components.seconds)"),
                "description": description.map(JSONValue.string),
                "service": service.map { .string($0.rawValue) },
            ])
        }

        func run() async throws {
            try await change.make { client in
                ManagementRequest(.post, try await place.path(client), body: body)
            } as: { (changed: Changed<LeaseView>) in
                changed.item?.words ?? "the address is admitted"
            }
        }

        /// Whole seconds; how long a lease may be is the gateway's to decide.
        static func duration(_ text: String) throws -> Duration {
            guard let duration = Duration(written: text), duration >= .seconds(1),
                duration <= .seconds(366 * 86_400), duration.components.attoseconds == 0
            else {
                throw ValidationError(
                    "invalid duration \(text.quoted) (expected whole seconds, such as 15m or 1h30m)"
                )
            }
            return duration
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List your own leases that have not expired."
        )

        @OptionGroup var place: LeasePlace

        @Flag(help: "Also the leases of other keys.")
        var all = false

        @OptionGroup var options: ListOptions

        func run() async throws {
            let query = all ? [(key: "all", value: "true")] : []
            try await options.show({ try await place.path($0) }, query: query) {
                (leases: ManagementClient.Listing<LeaseView>) in leases.table
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End your own leases before they expire.",
            discussion: """
                Jobs that share an address share its lease: do not release it while another of them \
                runs.
                """
        )

        @OptionGroup var place: LeasePlace

        @Option(help: "Only this lease, by id. (default: all of your own)")
        var entry: [String] = []

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                let path = try await place.path(client)
                for id in try await ids(at: path, client) {
                    let request = ManagementRequest(.delete, "\(path)/\(id.percentEncoded)")
                    let answer: ManagementClient.Answer<Changed<LeaseView>> =
                        try await change.send(request, by: client)
                    change.report(answer, to: gateway) {
                        "released \($0.item?.cidr ?? "entry") (entry \(id))"
                    }
                }
            }
        }

        private func ids(at path: String, _ client: ManagementClient) async throws -> [String] {
            if !entry.isEmpty { return entry }
            let list: ManagementClient.Listing<LeaseView> =
                try await client.list(path, limit: 1_000).value
            if list.elements.isEmpty, !change.management.json { StandardOutput.print("no leases") }
            return list.elements.map(\.entryId)
        }
    }
}
