import Addresses
import ArgumentParser
import Control
import Text
import Time

/// Which entries a command is about.
struct EntryArguments: ParsableArguments {
    @Argument(
        help: "Entries by id, or by CIDR if only one entry has it.",
        completion: .entries
    )
    var entry: [String]

    @OptionGroup var place: EntryPlaceOptions

    /// Sends one request for each entry.
    func change(
        _ options: ChangeOptions,
        _ method: ManagementRequest.Method,
        body: JSONValue? = nil,
        done: String
    ) async throws {
        let gateway = options.management.gateway
        try await gateway.run { client in
            let path = try await place.path(client) + "/entries"
            for word in entry {
                let id = try await id(of: word, at: path, client)
                let request = ManagementRequest(
                    method,
                    "\(path)/\(id.percentEncoded)",
                    body: body
                )
                let answer: ManagementClient.Answer<Changed<EntryView>> =
                    try await options.send(request, by: client)
                options.report(answer, to: gateway) { "\(done) \($0.item?.words ?? "entry \(id)")" }
            }
        }
    }

    private func id(of word: String, at path: String, _ client: ManagementClient) async throws
        -> String
    {
        // An id has neither.
        guard word.contains(".") || word.contains(":") else { return word }
        let block = try Self.block(word)
        let query = [(key: "source", value: "\(block.first)")]
        let list: ManagementClient.Listing<EntryView> =
            try await client.list(path, query: query, limit: 1_000).value
        let ids = list.elements.filter { $0.block == block }.compactMap(\.entryId)
        guard let id = ids.first else {
            throw CommandFailure("no entry has the CIDR \(word.quoted) (see sluice whitelist list)")
        }
        guard ids.count == 1 else {
            throw CommandFailure(
                "\(ids.count) entries have the CIDR \(word)"
                    + " (use an id: \(ids.joined(separator: ", ")))"
            )
        }
        return id
    }

    private static func block(_ word: String) throws(CommandFailure) -> CIDRBlock {
        do throws(AddressSyntaxError) {
            return try CIDRBlock(entry: word)
        } catch {
            throw CommandFailure(
                "\(word.quoted) is neither an id nor a CIDR: \(error)",
                code: GatewayExit.usage
            )
        }
    }
}

extension WhitelistCommand {
    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an entry: its block, action, description or expiry."
        )

        enum Action: String, EnumerableFlag { case allow, deny }

        @OptionGroup var entries: EntryArguments

        @Option(help: "Another address or block.", transform: Add.block)
        var cidr: String?

        @Flag(help: "Another action.")
        var action: Action?

        @Option(help: "Another description.")
        var description: String?

        @Option(
            help: "When it expires: a duration such as 24h or 90d, or a time.",
            transform: TimeArgument.future
        )
        var expires: UnixTime?

        @Flag(help: "Let it never expire.")
        var noExpiry = false

        @OptionGroup var change: ChangeOptions

        private var body: JSONValue {
            JSONValue(present: [
                "cidr": cidr.map(JSONValue.string),
                "action": action.map { .string($0.rawValue) },
                "description": description.map(JSONValue.string),
                "expiresAt": noExpiry ? .null : expires.map { .string($0.rfc3339) },
            ])
        }

        func validate() throws {
            if noExpiry, expires != nil {
                throw ValidationError("--expires and --no-expiry cannot be combined")
            }
            if body == [:] { throw ValidationError("nothing to change (see --help)") }
            if cidr != nil, entries.entry.count > 1 {
                throw ValidationError("--cidr needs a single entry")
            }
        }

        func run() async throws {
            try await entries.change(change, .patch, body: body, done: "changed")
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enable entries.")

        @OptionGroup var entries: EntryArguments
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await entries.change(change, .patch, body: ["enabled": true], done: "enabled")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable entries: they stay in the list and decide nothing."
        )

        @OptionGroup var entries: EntryArguments
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await entries.change(change, .patch, body: ["enabled": false], done: "disabled")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove entries.")

        @OptionGroup var entries: EntryArguments
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await entries.change(change, .delete, done: "removed")
        }
    }
}
