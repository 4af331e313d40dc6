import Addresses
import ArgumentParser
import Control
import Text
import Time

/// What an entry admits or denies; shared by the commands that make entries.
struct NewEntryOptions: ParsableArguments {
    @Flag(help: "Deny these clients instead of allowing them.")
    var deny = false

    @Option(help: "What the entry is for.")
    var description: String?

    @Option(
        help: "When it expires: a duration such as 24h or 90d, or a time. (default: never)",
        transform: TimeArgument.future
    )
    var expires: UnixTime?

    @Option(
        help: "Only for this service: mysql, http or tcp.",
        completion: WarehouseProtocol.completion
    )
    var service: WarehouseProtocol?

    /// The body of the request that adds an entry.
    func body(cidr: String) -> JSONValue {
        JSONValue(present: [
            "cidr": .string(cidr),
            "action": .string(deny ? "deny" : "allow"),
            "description": description.map(JSONValue.string),
            "expiresAt": expires.map { .string($0.rfc3339) },
            "service": service.map { .string($0.rawValue) },
        ])
    }
}

/// The services that can have entries of their own.
enum WarehouseProtocol: String, CaseIterable, ExpressibleByArgument {
    case mysql, http, tcp

    static var completion: CompletionKind { .list(allCases.map(\.rawValue)) }
}

extension WhitelistCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add entries to a whitelist or to a group."
        )

        @Argument(
            help: "Addresses or blocks, such as 203.0.113.7 or 203.0.113.0/24.",
            transform: Self.block
        )
        var cidr: [String] = []

        @Flag(help: "Also add the address from which the gateway sees this command.")
        var myAddress = false

        @OptionGroup var entry: NewEntryOptions
        @OptionGroup var place: EntryPlaceOptions
        @OptionGroup var change: ChangeOptions

        func validate() throws {
            if cidr.isEmpty, !myAddress {
                throw ValidationError("no entry (name a CIDR block, or use --my-address)")
            }
        }

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                let own = myAddress ? [try await ownAddress(client)] : []
                let path = try await place.path(client) + "/entries"
                for block in cidr + own {
                    let request = ManagementRequest(.post, path, body: entry.body(cidr: block))
                    let answer: ManagementClient.Answer<Changed<EntryView>> =
                        try await change.send(request, by: client)
                    change.report(answer, to: gateway) { "added \($0.item?.words ?? block)" }
                }
            }
        }

        private func ownAddress(_ client: ManagementClient) async throws -> String {
            let caller: CallerView = try await client.get("v1/me").value
            guard let address = caller.address else {
                throw CommandFailure(
                    "the gateway does not know your address: there is none on a local socket, and a"
                        + " proxy has to forward it (name the address instead of --my-address)"
                )
            }
            return address
        }

        /// The text itself, if it is an address or a block.
        static func block(_ text: String) throws -> String {
            do throws(AddressSyntaxError) {
                if text.contains("/") {
                    _ = try CIDRBlock(parsing: text)
                } else {
                    _ = try IPAddress(parsing: text)
                }
                return text
            } catch {
                throw ValidationError("invalid CIDR block \(text.quoted): \(error)")
            }
        }
    }
}

/// Whom the gateway takes the caller for.
struct CallerView: Decodable {
    var name: String?
    var role: String?
    /// `nil` for all.
    var warehouses: [String]?
    /// `nil` on a local socket, and if a proxy does not name it.
    var address: String?
}
