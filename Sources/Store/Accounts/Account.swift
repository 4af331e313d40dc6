package import Credentials
package import Time

/// A person's account on the gateway. It has nothing to do with the warehouse's users.
package struct Account: Hashable, Sendable, Codable {
    /// Where a person proves who they are.
    package enum Origin: Hashable, Sendable, Codable {
        /// Here, by a password.
        case local
        /// At an OpenID provider, which calls them `subject`. Nothing else of what it says, email
        /// included, identifies them (OpenID Connect Core §5.7).
        case provider(issuer: String, subject: String)
    }

    /// A second proof, after the password.
    package struct SecondFactor: Hashable, Sendable, Codable {
        package let code: TimeBasedCode
        package let since: UnixTime
        /// The period of the last code that was accepted.
        var lastPeriod: Int64?
        package internal(set) var recoveryCodes: RecoveryCodes
    }

    /// Does not change, and is not given to another account.
    package let id: String
    /// What the person types, in lower case, or what the provider calls them.
    package var name: String
    package let origin: Origin
    package var role: Role
    /// The warehouses it is limited to; `nil` for all.
    package var warehouses: Set<String>?
    package var isEnabled = true
    package let createdAt: UnixTime
    package let createdBy: String
    /// `nil` unless it is local.
    package internal(set) var password: PasswordHash?
    package internal(set) var passwordChangedAt: UnixTime?
    /// Whether somebody else has set the password.
    package internal(set) var mustChangePassword = false
    package internal(set) var secondFactor: SecondFactor?
    /// A second factor whose first code has not been seen.
    package internal(set) var offeredCode: TimeBasedCode?
    package internal(set) var lastLoginAt: UnixTime?
    /// An address.
    package internal(set) var lastLoginFrom: String?

    package var isLocal: Bool { origin == .local }

    /// Whether it still gives the same rights as when a request began, as `current`: what it is now,
    /// `nil` if it was removed.
    package func isUnchanged(as current: Account?) -> Bool {
        guard let current else { return false }
        return current.isEnabled && current.role == role && current.warehouses == warehouses
            && current.mustChangePassword == mustChangePassword
    }

    package func allows(warehouse: String) -> Bool { warehouses?.contains(warehouse) ?? true }
}

/// All accounts, as logins are checked against them.
package struct AccountBook: Sendable {
    package private(set) var accounts: [String: Account] = [:]
    private var idsByName: [String: String] = [:]
    private var idsByOrigin: [Account.Origin: String] = [:]
    /// Of the last logins.
    private var countsBySource: [String: Int] = [:]

    init(_ accounts: some Sequence<Account> = []) {
        for account in accounts { insert(account) }
    }

    package subscript(id: String) -> Account? { accounts[id] }

    /// The local account of a name, in any case.
    package func local(named name: String) -> Account? {
        idsByName[name.lowercased()].flatMap { accounts[$0] }
    }

    /// The account of a person whom a provider knows.
    package func account(of issuer: String, subject: String) -> Account? {
        idsByOrigin[.provider(issuer: issuer, subject: subject)].flatMap { accounts[$0] }
    }

    /// Whether an account was last signed in to from a source.
    package func hasLogin(from source: String) -> Bool { countsBySource[source] != nil }

    /// The account that whoever proves to be the other one's owner would sign in to.
    func account(withOriginOf account: Account) -> Account? {
        switch account.origin {
        case .local: local(named: account.name)
        case .provider(let issuer, let subject): self.account(of: issuer, subject: subject)
        }
    }

    /// Whether somebody can log in and administer everything, without any provider.
    package var hasLocalAdministrator: Bool {
        accounts.values.contains(where: \.isLocalAdministrator)
    }

    /// The same if an account were not there.
    func hasLocalAdministrator(besides id: String) -> Bool {
        accounts.values.contains { $0.id != id && $0.isLocalAdministrator }
    }

    mutating func insert(_ account: Account) {
        remove(account.id)
        accounts[account.id] = account
        if let source = account.lastLoginFrom { countsBySource[source, default: 0] += 1 }
        if account.isLocal {
            idsByName[account.name.lowercased()] = account.id
        } else {
            idsByOrigin[account.origin] = account.id
        }
    }

    mutating func remove(_ id: String) {
        guard let account = accounts.removeValue(forKey: id) else { return }
        if let source = account.lastLoginFrom {
            let remaining = (countsBySource[source] ?? 1) - 1
            countsBySource[source] = remaining > 0 ? remaining : nil
        }
        if account.isLocal {
            idsByName[account.name.lowercased()] = nil
        } else {
            idsByOrigin[account.origin] = nil
        }
    }
}

extension Account {
    /// Whether it is a way back in if the provider fails.
    var isLocalAdministrator: Bool {
        isLocal && isEnabled && role == .administer && warehouses == nil
    }
}
