import ArgumentParser
import Control
import Text

/// `sluice account`: the people who may use the gateway, and one's own account.
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Manage people's accounts and logins, and your own.",
        discussion: """
            password and second-factor are about your own account (after sluice login); everything \
            else needs the administer role.
            """,
        subcommands: [
            List.self, Show.self, Create.self, Change.self, Enable.self, Disable.self, Remove.self,
            ResetPassword.self, ResetSecondFactor.self, Logins.self, EndLogins.self,
            OwnPassword.self, SecondFactor.self,
        ],
        defaultSubcommand: List.self
    )

    /// An account by name or by id.
    struct ID: ParsableArguments {
        @Argument(help: "The account's name or id.", completion: .accounts)
        var account: String

        func path(_ client: ManagementClient) async throws -> String {
            "v1/accounts/\(try await Self.id(account, client).percentEncoded)"
        }

        static func id(_ account: String, _ client: ManagementClient) async throws -> String {
            let list: ManagementClient.Listing<AccountView> =
                try await client.list("v1/accounts", limit: .max).value
            return try id(account, among: list.elements)
        }

        /// An id comes before a name, and a local account before others of its name, which a provider
        /// has chosen.
        static func id(_ account: String, among accounts: [AccountView]) throws(CommandFailure)
            -> String
        {
            if accounts.contains(where: { $0.accountId == account }) { return account }
            let named = accounts.filter { $0.name.lowercased() == account.lowercased() }
            if let local = named.first(where: { $0.origin == "local" }) { return local.accountId }
            guard named.count <= 1 else {
                throw CommandFailure(
                    "\(named.count) accounts have the name \(account.quoted) (use an id:"
                        + " \(named.map(\.accountId).joined(separator: ", ")))"
                )
            }
            guard let only = named.first else {
                let meant = Suggestion.closest(to: account, among: accounts.map(\.name))
                throw CommandFailure(
                    "unknown account \(account.quoted)"
                        + (meant.map { " (did you mean \($0)?)" } ?? " (see sluice account list)")
                )
            }
            return only.accountId
        }
    }
}

extension AccountCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List accounts with their roles and last logins."
        )

        @OptionGroup var options: ListOptions

        func run() async throws {
            try await options.show({ _ in "v1/accounts" }) {
                (accounts: ManagementClient.Listing<AccountView>) in accounts.table
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an account.")

        @OptionGroup var id: ID
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let answer: ManagementClient.Answer<AccountView> =
                    try await client.get(try await id.path(client))
                gateway.print(answer, as: \.text)
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an account's name, role or warehouses."
        )

        @OptionGroup var id: ID

        @Option(help: "Another name.")
        var name: String?

        @Option(
            help: "Another role.",
            completion: AccountRole.completion
        )
        var role: AccountRole?

        @Option(
            name: .shortAndLong,
            help: "A warehouse that it is limited to; may be repeated.",
            completion: .warehouses
        )
        var warehouse: [String] = []

        @Flag(help: "Permit all warehouses.")
        var allWarehouses = false

        @OptionGroup var change: ChangeOptions

        private var body: JSONValue {
            var members: [String: JSONValue?] = [
                "name": name.map(JSONValue.string),
                "role": role.map { .string($0.rawValue) },
                "warehouses": warehouse.isEmpty
                    ? nil : .array(warehouse.map(JSONValue.string)),
            ]
            if allWarehouses { members["warehouses"] = .null }
            return JSONValue(present: members)
        }

        func validate() throws {
            if allWarehouses, !warehouse.isEmpty {
                throw ValidationError("--all-warehouses and --warehouse cannot be combined")
            }
            if body == [:] { throw ValidationError("nothing to change (see --help)") }
        }

        func run() async throws {
            try await change.makeAccount(id, .patch, body: body, done: "changed")
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enable an account.")

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeAccount(id, .patch, body: ["enabled": true], done: "enabled")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable an account and end its logins, until it is enabled again."
        )

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeAccount(id, .patch, body: ["enabled": false], done: "disabled")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an account for good, and end its logins."
        )

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.makeAccount(id, .delete, done: "removed")
        }
    }
}

// MARK: - Logins

extension AccountCommand {
    struct Logins: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List logins that can still be used; * marks your own.",
            discussion: "With --own, list yours only, which needs no role."
        )

        @Argument(help: "Only those of an account, by name or id.", completion: .accounts)
        var account: String?

        @Flag(help: "List your own.")
        var own = false

        @OptionGroup var options: ListOptions

        func validate() throws {
            if own, account != nil {
                throw ValidationError("--own and an account cannot be combined")
            }
        }

        func run() async throws {
            var query: [(key: String, value: String)] = []
            if let account {
                let id = try await options.management.gateway.run { client in
                    try await ID.id(account, client)
                }
                query = [(key: "account", value: id)]
            }
            try await options.show({ _ in own ? "v1/me/logins" : "v1/logins" }, query: query) {
                (logins: ManagementClient.Listing<LoginView>) in logins.table
            }
        }
    }

    struct EndLogins: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "end-logins",
            abstract: "End all logins of an account, or one login.",
            discussion: """
                A login is named by its id; see sluice account logins. With --own, it is one of yours, \
                which needs no role.
                """
        )

        @Argument(help: "An account's name or id, or a login's id.", completion: .accounts)
        var id: String

        @Flag(help: "End one of your own logins.")
        var own = false

        @OptionGroup var change: ChangeOptions

        func run() async throws {
            if own { return try await endOwn() }
            let gateway = change.management.gateway
            try await gateway.run { client in
                let (path, what) = try await subject(client)
                let answer: ManagementClient.Answer<Changed<AccountView>> =
                    try await change.send(ManagementRequest(.delete, path), by: client)
                change.report(answer, to: gateway) { _ in
                    "\(change.dryRun ? "would end" : "ended") \(what)"
                }
            }
        }

        /// What the id is of.
        private func subject(_ client: ManagementClient) async throws -> (
            path: String, words: String
        ) {
            let logins: ManagementClient.Listing<LoginView> =
                try await client.list("v1/logins", limit: .max).value
            if let login = logins.elements.first(where: { $0.loginId == id }) {
                return (
                    "v1/logins/\(id.percentEncoded)", "login \(id) of account \(login.accountName)"
                )
            }
            let accounts: ManagementClient.Listing<AccountView> =
                try await client.list("v1/accounts", limit: .max).value
            do throws(CommandFailure) {
                let account = try ID.id(id, among: accounts.elements)
                return (
                    "v1/accounts/\(account.percentEncoded)/logins", "the logins of account \(id)"
                )
            } catch {
                guard error.message.hasPrefix("unknown account"), !error.message.contains("mean")
                else { throw error }
                throw CommandFailure(
                    "\(id.quoted) is neither an account nor a login that can still be used (see sluice"
                        + " account logins)"
                )
            }
        }

        private func endOwn() async throws {
            let request = ManagementRequest(.delete, "v1/me/logins/\(id.percentEncoded)")
            let _: JSONValue = try await change.management.gateway.show(request) { _ in
                "ended login \(id)\n"
            }
        }
    }
}

extension ChangeOptions {
    func makeAccount(
        _ id: AccountCommand.ID,
        _ method: ManagementRequest.Method,
        below suffix: String = "",
        body: JSONValue? = nil,
        done: String
    ) async throws {
        try await make { client in
            ManagementRequest(method, try await id.path(client) + suffix, body: body)
        } as: {
            (changed: Changed<AccountView>) in
            "\(done) account \(changed.item?.words ?? id.account)"
        }
    }
}
