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
        try record(AuditedAct("account.password.set", target: id))
        try closeSessions(of: id, keeping: kept)
        return account
    }

    /// Replaces a hash by one of the same password with other parameters.
    package mutating func renewHash(of id: String, _ password: PasswordHash) throws {
        var account = try account(id)
        account.password = password
        try store(account)
        try record(AuditedAct("account.password.rehash", target: id))
    }

    private func checkIsNotLast(_ account: Account) throws {
        guard accounts.hasLocalAdministrator(besides: account.id) else {
            throw StoreRefusal.conflict(
                "\(account.name) is the last local account that may administer everything (create"
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
            throw StoreRefusal.unknownWarehouse(id)
        }
        guard account.warehouses?.isEmpty != true else {
            throw StoreRefusal.invalid(
                field: "warehouses",
                reason: "is empty (leave it out for all warehouses)"
            )
        }
    }

    private func newAccountID() -> String {
        while true {
            let id = StoreID.random()
            if accounts[id] == nil { return id }
        }
    }
}

// MARK: - Second factor

extension StoreTransaction {
    /// Offers a new secret to an authenticator app. It counts once a code of it was seen.
    package mutating func offerSecondFactor(to id: String) throws -> TimeBasedCode {
        var account = try account(id)
        guard account.isLocal else { throw StoreRefusal.notLocal(account.name) }
        guard account.secondFactor == nil else {
            throw StoreRefusal.conflict(
                "a second factor is set up already (remove it first, to set up another one)"
            )
        }
        let code = TimeBasedCode()
        account.offeredCode = code
        try store(account)
        try record(AuditedAct("account.secondFactor.offer", target: id))
        return code
    }

    /// - Returns: the recovery codes, which are shown once.
    package mutating func confirmSecondFactor(of id: String, by text: String) throws -> [String] {
        var account = try account(id)
        guard let code = account.offeredCode else {
            throw StoreRefusal.conflict("no second factor is being set up (begin again)")
        }
        guard let period = code.period(of: text, at: now, after: nil) else {
            throw StoreRefusal.invalid(
                field: "code",
                reason: "is wrong (is the clock of the device right?)"
            )
        }
        let (codes, texts) = RecoveryCodes.make()
        account.secondFactor = Account.SecondFactor(
            code: code,
            since: now,
            lastPeriod: period,
            recoveryCodes: codes
        )
        account.offeredCode = nil
        try store(account)
        try record(AuditedAct("account.secondFactor.set", target: id))
        return texts
    }

    package mutating func replaceRecoveryCodes(of id: String) throws -> [String] {
        var account = try account(id)
        guard account.secondFactor != nil else {
            throw StoreRefusal.conflict("no second factor is set up")
        }
        let (codes, texts) = RecoveryCodes.make()
        account.secondFactor?.recoveryCodes = codes
        try store(account)
        try record(AuditedAct("account.recoveryCodes.replace", target: id))
        return texts
    }

    /// - Parameter kept: the session that asks for it.
    package mutating func removeSecondFactor(of id: String, keeping kept: String? = nil) throws
        -> Account
    {
        var account = try account(id)
        guard account.secondFactor != nil || account.offeredCode != nil else { return account }
        account.secondFactor = nil
        account.offeredCode = nil
        try store(account)
        try record(AuditedAct("account.secondFactor.remove", target: id))
        try closeSessions(of: id, keeping: kept)
        return account
    }

    /// Accepts a one-time code or a recovery code, which then counts no more.
    ///
    /// - Returns: whether it is right.
    package mutating func acceptCode(_ text: String, of id: String) throws -> Bool {
        var account = try account(id)
        guard let factor = account.secondFactor else { return true }
        if let period = factor.code.period(of: text, at: now, after: factor.lastPeriod) {
            account.secondFactor?.lastPeriod = period
        } else if account.secondFactor?.recoveryCodes.use(text) == true {
            let remaining = account.secondFactor?.recoveryCodes.remaining ?? 0
            try record(
                AuditedAct(
                    "account.recoveryCode.use",
                    target: id,
                    after: ["remaining": .integer(Int64(remaining))]
                )
            )
        } else {
            return false
        }
        try store(account)
        return true
    }
}

// MARK: - Sessions

/// What a new session is to be.
package struct SessionDescription: Hashable, Sendable {
    package var method: LoginSession.Method
    package var client: LoginSession.Client
    /// An address.
    package var source: String
    package var agent: String

    package init(
        method: LoginSession.Method,
        client: LoginSession.Client,
        source: String,
        agent: String
    ) {
        self.method = method
        self.client = client
        self.source = source
        self.agent = agent
    }
}

extension StoreTransaction {
    private static let sessionsPerAccount = 50
    private static let sessionLimit = 20_000
    private static let agentLimit = 256

    /// Opens a session of an account whose owner was recognized.
    ///
    /// - Returns: also the token, which is shown once.
    package mutating func openSession(
        of id: String,
        _ description: SessionDescription,
        _ limits: SessionLimits
    ) throws -> (session: LoginSession, token: SecretToken) {
        var account = try account(id)
        guard account.isEnabled else { throw StoreRefusal.disabledAccount(account.name) }
        try removeExpiredSessions()
        let own = sessions.sessions(of: id)
        for session in own.dropLast(Self.sessionsPerAccount - 1) { try drop(session) }
        guard sessions.sessions.count < Self.sessionLimit else {
            throw StoreRefusal.tooMany("there are at most \(Self.sessionLimit) sessions")
        }
        let token = SecretToken(.session)
        let session = LoginSession(
            id: newSessionID(),
            account: id,
            method: description.method,
            client: description.client,
            createdAt: now,
            expiresAt: UnixTime(seconds: now.seconds + limits.maximum.components.seconds),
            source: description.source,
            agent: Self.shownAgent(description.agent),
            tokenHash: token.hash
        )
        sessions.insert(session)
        if let database {
            try DocumentTable.sessions.write(session, id: session.id, to: database)
        }
        account.lastLoginAt = now
        account.lastLoginFrom = description.source
        try store(account)
        try record(AuditedAct("account.login", target: id, after: session.auditValue))
        return (session, token)
    }

    package func session(_ id: String) throws -> LoginSession {
        guard let session = sessions[id] else { throw StoreRefusal.unknownSession(id) }
        return session
    }

    package mutating func closeSession(_ id: String) throws {
        let session = try session(id)
        try drop(session)
        try record(
            AuditedAct("account.logout", target: session.account, before: session.auditValue)
        )
    }

    package mutating func closeSessions(of account: String, keeping kept: String? = nil) throws {
        for session in sessions.sessions(of: account) where session.id != kept {
            try closeSession(session.id)
        }
    }

    private mutating func removeExpiredSessions() throws {
        for session in sessions.sessions.values where session.expiresAt <= now {
            try drop(session)
        }
    }

    private mutating func drop(_ session: LoginSession) throws {
        sessions.remove(session.id)
        if let database { try DocumentTable.sessions.remove(session.id, from: database) }
    }

    private func newSessionID() -> String {
        while true {
            let id = StoreID.random()
            if sessions[id] == nil { return id }
        }
    }

    private static func shownAgent(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in text.unicodeScalars where scalar.isHarmless {
            byteCount += UTF8.width(scalar)
            guard byteCount <= agentLimit else { break }
            shown.append(scalar)
        }
        return String(shown)
    }
}

extension Account {
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

extension LoginSession {
    var auditValue: JSONValue {
        [
            "login": .string(id), "method": .string(method.rawValue),
            "client": .string(client.rawValue), "source": .string(source),
        ]
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

/// The ids of keys, accounts and sessions: ten characters that are not mistaken for each other.
enum StoreID {
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")

    static func random() -> String {
        String((0..<10).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }
}
