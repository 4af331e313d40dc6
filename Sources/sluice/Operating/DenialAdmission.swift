import Addresses
import ArgumentParser
import CIDRTrie
import Control
import Operations
import Policy
import Text
import Time

extension DenialsCommand {
    struct Allow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a denied client to the whitelist that denied it.",
            discussion: """
                Adds the source as the gateway counts it: an IPv4 address or an IPv6 /64. Only a \
                client that no entry admits can be added; if an entry denies it, is disabled or has \
                expired, the command that changes that entry is shown.
                """
        )

        @Argument(help: "The denied address.", transform: ExplainAccessCommand.address)
        var address: IPAddress

        @Option(
            name: .shortAndLong,
            help: "The warehouse's id. (default: the one that denied the address)",
            completion: .warehouses
        )
        var warehouse: String?

        @Option(help: "What the entry is for.")
        var description: String?

        @Option(
            help: "When it expires: a duration such as 24h or 90d, or a time. (default: never)",
            transform: TimeArgument.future
        )
        var expires: UnixTime?

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make { client in
                let query = PlaceFilterOptions.pairs([
                    ("source", "\(address)"), ("warehouse", warehouse),
                ])
                let list: DenialList = try await client.get("v1/denials", query: query).value
                let denied = try DeniedSource(list.denials, address: "\(address)")
                let entries = try await entries(of: denied, client)
                if let obstacle = entries.obstacle { throw CommandFailure(obstacle) }
                for hint in entries.hints { StandardError.print("sluice: \(hint)") }
                return ManagementRequest(
                    .post,
                    "v1/warehouses/\(denied.warehouse.percentEncoded)/whitelist/entries",
                    body: JSONValue(present: [
                        "cidr": .string(denied.source.description),
                        "action": "allow",
                        "description": description.map(JSONValue.string),
                        "expiresAt": expires.map { .string($0.rfc3339) },
                    ])
                )
            } as: { (changed: Changed<EntryView>) in
                "added \(changed.item?.words ?? "\(address)")"
            }
        }

        private func entries(
            of denied: DeniedSource,
            _ client: ManagementClient
        ) async throws -> DeniedSourceEntries {
            let list: ManagementClient.Listing<EntryView> = try await client.list(
                "v1/warehouses/\(denied.warehouse.percentEncoded)/whitelist/entries",
                query: [(key: "source", value: "\(address)")],
                limit: 1_000
            ).value
            return DeniedSourceEntries(denied, list.elements)
        }
    }
}

/// A source that a warehouse's whitelist denied.
struct DeniedSource: Hashable {
    var warehouse: String
    var source: CIDRBlock
    /// The block of the deny entry; `nil` if there was no entry.
    var rule: CIDRBlock?

    /// - Parameter address: for messages.
    init(_ denials: [DenialRecord], address: String) throws(CommandFailure) {
        guard let latest = denials.first else {
            throw CommandFailure(
                "no denial of \(address) is known (to add it anyway: sluice whitelist add)"
            )
        }
        let missing = denials.filter { $0.reason == .notInWhitelist }
        let byRule = denials.filter { $0.reason == .deniedByRule }
        let relevant = missing.isEmpty ? byRule : missing
        guard let denial = relevant.first, let warehouse = denial.warehouse else {
            throw CommandFailure(
                "\(address) was denied for another reason, \(latest.reason.rawValue):"
                    + " \(latest.detail.isEmpty ? latest.reason.advice : latest.detail)"
            )
        }
        let warehouses = Set(relevant.compactMap(\.warehouse)).sorted()
        guard warehouses.count == 1 else {
            throw CommandFailure(
                "several warehouses denied \(address)"
                    + " (use --warehouse with one of \(warehouses.joined(separator: ", ")))",
                code: GatewayExit.usage
            )
        }
        self.warehouse = warehouse
        source = denial.source
        rule = missing.isEmpty ? denial.rule : nil
    }
}
