import ArgumentParser
import Control
import Credentials
import Store
import Text

/// A password that is set for somebody else: given on standard input, or made.
struct NewPasswordOptions: ParsableArguments {
    /// What is done to a new account.
    static let created = "created"

    @Flag(help: "Read the password from standard input; otherwise one is made.")
    var passwordStdin = false

    @Flag(name: .shortAndLong, help: "Print only the password that was made.")
    var quiet = false

    @OptionGroup var change: ChangeOptions

    func validate() throws {
        if quiet, change.management.json || change.dryRun || passwordStdin {
            throw ValidationError(
                "--quiet cannot be combined with --json, --dry-run or --password-stdin"
            )
        }
    }

    /// `nil` if the gateway is to make one.
    func given() throws(CommandFailure) -> String? {
        passwordStdin ? try Questions(usesInput: true).ask("Password: ", isHidden: true) : nil
    }

    /// Changes an account by the running gateway or, if there is none, in its store.
    ///
    /// - Parameters:
    ///   - done: what was done, in the past tense, before the account's name.
    ///   - request: made once the gateway is found.
    ///   - offline: makes the change in a store.
    func make(
        _ done: String,
        _ request: (ManagementClient) async throws -> ManagementRequest,
        offline: (OfflineStore) throws(OfflineStore.Failure) -> AccountPassword
    ) async throws {
        let gateway = change.management.gateway
        try await gateway.run { client in
            do {
                let answer: ManagementClient.Answer<AccountPassword> =
                    try await change.send(try await request(client), by: client)
                StandardOutput.printOnce(orElse: remedy(for: answer.value)) {
                    if quiet { return printPassword(of: answer.value) }
                    change.report(answer, to: gateway) { text(of: $0, done) }
                }
            } catch let error as ManagementClientError where error.isUnreachable {
                guard let file = change.management.config, !change.dryRun else { throw error }
                let changed = try OfflineAccounts.change(configuration: file, offline)
                StandardOutput.printOnce(orElse: remedy(for: changed)) {
                    quiet ? printPassword(of: changed) : print(changed, done)
                }
            }
        }
    }

    private func remedy(for changed: AccountPassword) -> String? {
        guard changed.password != nil else { return nil }
        return "the password is lost: set another one with sluice account reset-password"
            + " \(changed.account.name.shellQuoted)"
    }

    private func printPassword(of changed: AccountPassword) {
        if let password = changed.password { StandardOutput.print(password) }
    }

    /// A change that was made without a gateway.
    private func print(_ changed: AccountPassword, _ done: String) {
        if change.management.json {
            let value = JSONValue(present: [
                "account": [
                    "accountId": .string(changed.account.accountId),
                    "name": .string(changed.account.name),
                ],
                "password": changed.password.map(JSONValue.string),
            ])
            return StandardOutput.print(json: value.prettyText)
        }
        StandardOutput.print(text(of: changed, done))
    }

    private func text(of changed: AccountPassword, _ done: String) -> String {
        if change.dryRun, done == Self.created {
            // The id is made when the account is.
            return "would create account \(changed.account.name), role \(changed.account.role)"
        }
        let line = "\(done) account \(changed.account.words), role \(changed.account.role)"
        guard let password = changed.password else { return line }
        return "\(line)\n\n    \(password)\n\n"
            + "The password is not shown again. Whoever gets it must change it at the first login."
    }
}

extension AccountCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an account and show its first password, once.",
            discussion: """
                read        read everything but keys, accounts and the audit
                operate     also change whitelists and links, close sessions, set backend modes
                administer  everything

                With --config on the gateway's machine, an account can be created while the gateway \
                is not running.
                """
        )

        @Argument(help: "The name by which the person signs in.")
        var name: String

        @Option(help: "What it may do.", completion: AccountRole.completion)
        var role: AccountRole

        @Option(
            name: .shortAndLong,
            help: "A warehouse that it is limited to; may be repeated.",
            completion: .warehouses
        )
        var warehouse: [String] = []

        @OptionGroup var options: NewPasswordOptions

        func run() async throws {
            let password = try CommandFailure.reported { try options.given() }
            try await options.make(NewPasswordOptions.created) { _ in
                let members: [String: JSONValue?] = [
                    "name": .string(name), "role": .string(role.rawValue),
                    "warehouses": warehouse.isEmpty
                        ? nil : .array(warehouse.map(JSONValue.string)),
                    "password": password.map(JSONValue.string),
                ]
                return ManagementRequest(.post, "v1/accounts", body: JSONValue(present: members))
            } offline: { store throws(OfflineStore.Failure) in
                let description = AccountDescription(
                    name: name,
                    role: role.stored,
                    warehouses: warehouse.isEmpty ? nil : Set(warehouse)
                )
                let (made, secret) = try OfflineAccounts.password(password, of: name)
                let account = try store.createAccount(description, password: secret)
                return AccountPassword(account: AccountView(account), password: made)
            }
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password",
            abstract: "Set an account's password, which its owner must then change.",
            discussion: """
                The account's logins end. With --config on the gateway's machine, this needs no login \
                and also works while the gateway is not running.
                """
        )

        @OptionGroup var id: ID
        @OptionGroup var options: NewPasswordOptions

        func run() async throws {
            let password = try CommandFailure.reported { try options.given() }
            try await options.make("set the password of") { client in
                let path = try await id.path(client)
                let me: ManagementClient.Answer<IdentityView> = try await client.get("v1/me")
                if let own = me.value.accountId, path.hasSuffix("/\(own)") {
                    throw CommandFailure(
                        "this is your own account, and your login would end (use sluice account"
                            + " password)"
                    )
                }
                return ManagementRequest(
                    .post,
                    path + "/password",
                    body: JSONValue(present: ["password": password.map(JSONValue.string)])
                )
            } offline: { store throws(OfflineStore.Failure) in
                let (made, secret) = try OfflineAccounts.password(password, of: id.account)
                let account = try store.resetPassword(of: id.account, to: secret)
                return AccountPassword(account: AccountView(account), password: made)
            }
        }
    }

    struct ResetSecondFactor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-second-factor",
            abstract: "Remove the second factor of an account whose owner has lost it.",
            discussion: """
                The account's logins end. With --config on the gateway's machine, this needs no login \
                and also works while the gateway is not running.
                """
        )

        @OptionGroup var id: ID
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                do {
                    let path = try await id.path(client)
                    let account: ManagementClient.Answer<AccountView> = try await client.get(path)
                    let answer: ManagementClient.Answer<Changed<AccountView>> =
                        try await change.send(
                            ManagementRequest(.delete, "\(path)/second-factor"),
                            by: client
                        )
                    let hadOne = account.value.secondFactor == true
                    change.report(answer, to: gateway) { text($0.item, hadOne) }
                } catch let error as ManagementClientError where error.isUnreachable {
                    guard let file = change.management.config, !change.dryRun else { throw error }
                    let (account, hadOne) = try OfflineAccounts.change(configuration: file) {
                        store throws(OfflineStore.Failure) in
                        let (account, hadOne) = try store.removeSecondFactor(of: id.account)
                        return (AccountView(account), hadOne)
                    }
                    StandardOutput.print(text(account, hadOne))
                }
            }
        }

        private func text(_ account: AccountView?, _ hadOne: Bool) -> String {
            let name = account?.words ?? id.account
            guard hadOne else { return "account \(name) has no second factor" }
            return
                "\(change.dryRun ? "would remove" : "removed") the second factor of account \(name)"
        }
    }
}
