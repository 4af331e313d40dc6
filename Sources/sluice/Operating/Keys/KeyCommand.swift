import ArgumentParser
import Control
import Text
import Time

/// `sluice key`: who may use the gateway's API.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Manage the keys of the gateway's API.",
        subcommands: [
            List.self, Create.self, Show.self, Enable.self, Disable.self, Change.self, Remove.self,
        ],
        defaultSubcommand: List.self
    )

    /// A key by id or by name.
    struct ID: ParsableArguments {
        @Argument(help: "The key's id, or its name if only one key has it.", completion: .keys)
        var key: String

        func path(_ client: ManagementClient) async throws -> String {
            let list: ManagementClient.Listing<KeyView> =
                try await client.list("v1/keys", limit: .max).value
            return "v1/keys/\(try id(among: list.elements).percentEncoded)"
        }

        /// An id comes before a name.
        func id(among keys: [KeyView]) throws(CommandFailure) -> String {
            if keys.contains(where: { $0.keyId == key }) { return key }
            let ids = keys.filter { $0.name == key }.map(\.keyId)
            guard ids.count <= 1 else {
                throw CommandFailure(
                    "\(ids.count) keys have the name \(key.quoted)"
                        + " (use an id: \(ids.joined(separator: ", ")))"
                )
            }
            guard let only = ids.first else {
                let meant = Suggestion.closest(to: key, among: keys.map(\.name))
                throw CommandFailure(
                    "unknown key \(key.quoted)"
                        + (meant.map { " (did you mean \($0)?)" } ?? " (see sluice key list)")
                )
            }
            return only
        }
    }
}

extension KeyCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List keys with their roles and when they were last used."
        )

        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ _ in "v1/keys" }) {
                (keys: ManagementClient.Listing<KeyView>) in keys.table
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a key, without its secret.")

        @OptionGroup var id: ID
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let answer: ManagementClient.Answer<KeyView> =
                    try await client.get(try await id.path(client))
                gateway.print(answer, as: \.text)
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enable a key.")

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeKey(id, .patch, body: ["enabled": true], done: "enabled")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable a key: it is rejected until it is enabled again."
        )

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeKey(id, .patch, body: ["enabled": false], done: "disabled")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a key for good.")

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeKey(id, .delete, done: "removed")
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a key's name, role, warehouses, expiry or sources."
        )

        @OptionGroup var id: ID

        @Option(help: "Another name.")
        var name: String?

        @Option(
            help: "Another role.",
            completion: KeyRole.completion
        )
        var role: KeyRole?

        @OptionGroup var scope: KeyScope

        @Flag(help: "Permit all warehouses.")
        var allWarehouses = false

        @Flag(help: "Let it never expire.")
        var noExpiry = false

        @Flag(help: "Permit its use from any address.")
        var anySource = false

        @OptionGroup var change: ChangeOptions

        private var body: JSONValue {
            var members = scope.members
            members["name"] = name.map(JSONValue.string)
            members["role"] = role.map { .string($0.rawValue) }
            if allWarehouses { members["warehouses"] = .null }
            if noExpiry { members["expiresAt"] = .null }
            if anySource { members["allowedSources"] = [] }
            return JSONValue(present: members)
        }

        func validate() throws {
            for (isSet, flag, option) in [
                (allWarehouses && !scope.warehouse.isEmpty, "--all-warehouses", "--warehouse"),
                (noExpiry && scope.expires != nil, "--no-expiry", "--expires"),
                (anySource && !scope.source.isEmpty, "--any-source", "--source"),
            ] where isSet {
                throw ValidationError("\(flag) and \(option) cannot be combined")
            }
            if body == [:] { throw ValidationError("nothing to change (see --help)") }
        }

        func run() async throws {
            try await change.makeKey(id, .patch, body: body, done: "changed")
        }
    }
}

/// Where and how long a key may be used.
struct KeyScope: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "A warehouse that it is limited to; may be repeated.",
        completion: .warehouses
    )
    var warehouse: [String] = []

    @Option(
        help: "When it expires: a duration such as 90d, or a time.",
        transform: TimeArgument.future
    )
    var expires: UnixTime?

    @Option(
        help: "A block of addresses from which it may be used; may be repeated.",
        transform: WhitelistCommand.Add.block
    )
    var source: [String] = []

    var members: [String: JSONValue?] {
        [
            "warehouses": warehouse.isEmpty ? nil : .array(warehouse.map(JSONValue.string)),
            "expiresAt": expires.map { .string($0.rfc3339) },
            "allowedSources": source.isEmpty ? nil : .array(source.map(JSONValue.string)),
        ]
    }
}

extension ChangeOptions {
    fileprivate func makeKey(
        _ id: KeyCommand.ID,
        _ method: ManagementRequest.Method,
        body: JSONValue? = nil,
        done: String
    ) async throws {
        try await make { client in
            ManagementRequest(method, try await id.path(client), body: body)
        } as: {
            (changed: Changed<KeyView>) in
            "\(done) key \(changed.item?.words ?? id.key)"
        }
    }
}
