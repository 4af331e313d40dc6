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
    func body(cidr: String) -> JSONValue { body("cidr", cidr) }

    /// The body of the request that adds several, all or none.
    func body(list: [String]) -> JSONValue { body("text", list.joined(separator: "\n")) }

    private func body(_ key: String, _ text: String) -> JSONValue {
        JSONValue(present: [
            key: .string(text),
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
            abstract: "Add entries to a whitelist or to a group.",
            discussion: """
                Several entries are added by one change. Those that are in the list already stay as \
                they are and are reported; the exit code is 1 then.
                """
        )

        @Argument(
            help: "Addresses, blocks or ranges, such as 203.0.113.7 or 203.0.113.0/24.",
            transform: Self.range
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
                let (path, entries) = (try await place.path(client), cidr + own)
                // `try?`: what is not a block is a range.
                if entries.count == 1, (try? Self.block(entries[0])) != nil {
                    return try await add(entries[0], at: path, client)
                }
                try await add(entries, at: path, client)
            }
        }

        private func add(
            _ block: String,
            at path: String,
            _ client: ManagementClient
        ) async throws {
            let body = entry.body(cidr: block)
            let answer: ManagementClient.Answer<Changed<EntryView>> =
                try await change.send(
                    ManagementRequest(.post, path + "/entries", body: body),
                    by: client
                )
            change.report(answer, to: change.management.gateway) {
                "added \($0.item?.words ?? block)"
            }
        }

        /// Adds all that are not there, or none.
        private func add(
            _ entries: [String],
            at path: String,
            _ client: ManagementClient
        ) async throws {
            let body = entry.body(list: entries)
            let answer: ManagementClient.Answer<ImportView> =
                try await change.send(
                    ManagementRequest(.post, path + "/import", body: body),
                    by: client
                )
            change.report(answer, to: change.management.gateway) { $0.additionText }
            let present = answer.value.presentCount
            guard present > 0 else { return }
            throw CommandFailure(
                present.of(
                    "entry",
                    "was already in the list and is",
                    "were already in the list and are"
                )
                    + " as before (use sluice whitelist change, enable or remove)"
            )
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

        /// The text itself, if it is an address, a block or a range.
        static func range(_ text: String) throws -> String {
            do throws(AddressSyntaxError) {
                _ = try AddressRange(parsing: text)
                return text
            } catch {
                throw ValidationError("invalid CIDR block \(text.quoted): \(error)")
            }
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
