import Addresses
package import Credentials
import GRDB
import Text
import Time

/// What an account is to be.
package struct AccountDescription: Hashable, Sendable {
    package var name: String
    package var origin: Account.Origin
    package var role: Role
    package var warehouses: Set<String>?

    package init(
        name: String,
        origin: Account.Origin = .local,
        role: Role,
        warehouses: Set<String>? = nil
    ) {
        self.name = name
        self.origin = origin
        self.role = role
        self.warehouses = warehouses
    }
}

/// Accounts. Passwords come as hashes: hashing takes too long for a transaction.
extension StoreTransaction {
    private static let accountLimit = 10_000
    private static let nameLimit = 64

    package func account(_ id: String) throws -> Account {
        guard let account = accounts[id] else { throw StoreRefusal.unknownAccount(id) }
        return account
    }

    /// - Parameters:
    ///   - password: of a local account.
    ///   - mustChangePassword: whether somebody else knows the password.
    package mutating func createAccount(
        _ description: AccountDescription,
        password: PasswordHash?,
        mustChangePassword: Bool = true
    ) throws -> Account {
        guard accounts.accounts.count < Self.accountLimit else {
            throw StoreRefusal.tooMany("there are at most \(Self.accountLimit) accounts")
        }
        var account = Account(
            id: newAccountID(),
            name: description.origin == .local
                ? description.name.lowercased() : description.name,
            origin: description.origin,
            role: description.role,
            warehouses: description.warehouses,
            createdAt: now,
            createdBy: actor.name
        )
        account.password = password
        account.passwordChangedAt = password.map { _ in now }
        account.mustChangePassword = password != nil && mustChangePassword
        try check(account)
        try store(account)
        try record(
            AuditedAct("account.create", target: account.id, after: account.auditValue)
        )
        return account
    }

    /// Changes an account's name, role, warehouses, or whether it is enabled.
    package mutating func changeAccount(
        _ id: String,
        _ body: (inout Account) -> Void
    ) throws -> Account {
        let before = try account(id)
        var account = before
        body(&account)
        if account.isLocal { account.name = account.name.lowercased() }
        guard account != before else { return account }
        try check(account)
        if before.isLocalAdministrator, !account.isLocalAdministrator {
            try checkIsNotLast(before)
        }
        try store(account)
        try record(
            AuditedAct(
                "account.change",
                target: id,
                before: before.auditValue,
                after: account.auditValue
            )
        )
        if !account.isEnabled { try closeSessions(of: id) }
        return account
    }

    package mutating func removeAccount(_ id: String) throws {
        let before = try account(id)
        if before.isLocalAdministrator { try checkIsNotLast(before) }
        try closeSessions(of: id)
        accounts.remove(id)
        if let database { try DocumentTable.accounts.remove(id, from: database) }
        try record(AuditedAct("account.remove", target: id, before: before.auditValue))
    }

    /// Sets a password, and ends all sessions but one.
    ///
    /// - Parameters:
    ///   - mustChange: whether somebody else knows it.
    ///   - kept: the session that asks for it.
    package mutating func setPassword(
        of id: String,
        to password: PasswordHash,
        mustChange: Bool,
        keeping kept: String? = nil
    ) throws -> Account {
        var account = try account(id)
        guard account.isLocal else { throw StoreRefusal.notLocal(account.name) }
        account.password = password
        account.passwordChangedAt = now
        account.mustChangePassword = mustChange
        try store(account)
        try record(AuditedAct("account.password.set", target: id, after: account.auditName))
        try closeSessions(of: id, keeping: kept)
        return account
    }

    /// Replaces a hash by one of the same password with other parameters.
    package mutating func renewHash(of id: String, _ password: PasswordHash) throws {
        var account = try account(id)
        account.password = password
        try store(account)
        try record(AuditedAct("account.password.rehash", target: id, after: account.auditName))
    }

    private func checkIsNotLast(_ account: Account) throws {
        guard accounts.hasLocalAdministrator(besides: account.id) else {
            throw StoreRefusal.conflict(
                "\(account.name.quoted) is the last local account that may administer everything (create"
                    + " another one first)"
            )
        }
    }

    mutating func store(_ account: Account) throws {
        accounts.insert(account)
        if let database {
            try DocumentTable.accounts.write(account, id: account.id, to: database)
        }
    }

    private func check(_ account: Account) throws {
        let name = account.name
        guard !name.isEmpty, name.utf8.count <= Self.nameLimit,
            name.unicodeScalars.allSatisfy(\.isHarmless)
        else {
            throw StoreRefusal.invalid(
                field: "name",
                reason: "expected 1 to \(Self.nameLimit) bytes of printable text"
            )
        }
        if account.isLocal {
            guard name.utf8.allSatisfy(\.isOfAccountName) else {
                throw StoreRefusal.invalid(
                    field: "name",
                    reason: "expected letters, digits and the characters . _ - @ +"
                )
            }
            if let other = accounts.local(named: name), other.id != account.id {
                throw StoreRefusal.exists("an account named \(name.quoted)")
            }
        }
        guard account.role != .lease else {
            throw StoreRefusal.invalid(
                field: "role",
                reason: "lease is for keys (expected read, operate or administer)"
            )
        }
        for id in account.warehouses ?? [] where policy.warehouses[id] == nil {
            throw unknownWarehouse(id)
        }
        guard account.warehouses?.isEmpty != true else {
            throw StoreRefusal.invalid(
                field: "warehouses",
                reason: "is empty (leave it out for all warehouses)"
            )
        }
    }

    /// A warehouse that an account, a key or a webhook cannot be for, with the one that was meant.
    func unknownWarehouse(_ id: String) -> StoreRefusal {
        let known = policy.warehouses.keys.sorted()
        return .unknownWarehouse(id, meant: Suggestion.closest(to: id, among: known))
    }

    private func newAccountID() -> String {
        while true {
            let id = StoreID.random()
            if accounts[id] == nil { return id }
        }
    }
}

extension Account {
    /// Whom a record is about, also after the account is removed.
    var auditName: JSONValue { ["name": .string(name)] }

    /// Nothing of it is a secret, or is made of one.
    var auditValue: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "role": .string(role.rawValue), "enabled": .bool(isEnabled),
        ]
        if let warehouses {
            members["warehouses"] = .array(warehouses.sorted().map(JSONValue.string))
        }
        if case .provider(let issuer, let subject) = origin {
            members["issuer"] = .string(issuer)
            members["subject"] = .string(subject)
        }
        return .object(members)
    }
}

extension UInt8 {
    fileprivate var isOfAccountName: Bool {
        switch self {
        case 0x30...0x39, 0x61...0x7a: true
        default: "._-@+".utf8.contains(self)
        }
    }
}
