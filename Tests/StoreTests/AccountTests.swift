import Foundation
import Testing
import Text
import Time

@testable import Credentials
@testable import Store

@Suite("Accounts and logins")
struct AccountTests {
    private static let cheap = PasswordHash.Parameters(logCost: 4, parallelism: 1)
    private static let limits = SessionLimits(idle: .seconds(3_600), maximum: .seconds(86_400))

    private let place: TestStore
    private let store: PolicyStore
    private let password: Password

    init() throws {
        place = try TestStore()
        store = try place.open()
        password = try #require(Password(typed: "correct horse battery"))
        try store.write { try $0.importNew(from: .pair) }
    }

    @discardableResult
    private func make(
        _ name: String,
        _ role: Role = .administer,
        warehouses: Set<String>? = nil
    ) throws -> Account {
        let hash = PasswordHash(password, Self.cheap)
        return try store.write { transaction in
            try transaction.createAccount(
                AccountDescription(name: name, role: role, warehouses: warehouses),
                password: hash,
                mustChangePassword: false
            )
        }.value
    }

    private func open(_ account: Account, at now: UnixTime = TestStore.now) throws -> (
        session: LoginSession, token: SecretToken
    ) {
        try store.write(by: TestStore.alice, at: now) { transaction in
            try transaction.openSession(
                of: account.id,
                SessionDescription(
                    method: .password,
                    client: .browser,
                    source: "203.0.113.7",
                    agent: "Browser\n/1.0"
                ),
                Self.limits
            )
        }.value
    }

    private func refusal(_ token: String, after seconds: Int64 = 0, in store: PolicyStore? = nil)
        -> SessionRefusal?
    {
        do throws(SessionRefusal) {
            _ = try (store ?? self.store).session(
                for: token,
                from: "203.0.113.7",
                at: UnixTime(seconds: TestStore.now.seconds + seconds),
                Self.limits
            )
            return nil
        } catch {
            return error
        }
    }

    private func refused(_ body: (inout StoreTransaction) throws -> Void) throws -> StoreRefusal? {
        do {
            try store.write(body)
            return nil
        } catch let refusal as StoreRefusal {
            return refusal
        }
    }

    @Test("An account is found by its name in any case, and is there after a restart")
    func names() throws {
        let anna = try make("Anna.Smith", .read, warehouses: ["W1"])
        #expect(anna.name == "anna.smith" && anna.isLocal)
        #expect(store.accounts.local(named: "ANNA.smith")?.id == anna.id)
        #expect(store.accounts.local(named: "anna") == nil)
        store.release()
        let reopened = try place.open(.open)
        #expect(reopened.accounts[anna.id] == anna)
        #expect(reopened.accounts[anna.id]?.password?.matches(password) == true)
    }

    @Test("What cannot be an account is refused, and says why")
    func refusals() throws {
        let anna = try make("anna")
        func creating(_ name: String, _ role: Role = .read, _ warehouses: Set<String>? = nil) throws
            -> StoreRefusal?
        {
            try refused { transaction in
                _ = try transaction.createAccount(
                    AccountDescription(name: name, role: role, warehouses: warehouses),
                    password: anna.password
                )
            }
        }
        #expect(try creating("ANNA") == .exists("an account named \"anna\""))
        for name in ["", "two words", "a/b", "ünal", String(repeating: "a", count: 65), "a\n"] {
            guard case .invalid(field: "name", _)? = try creating(name) else {
                Issue.record("\(name)")
                continue
            }
        }
        guard case .invalid(field: "role", _)? = try creating("bob", .lease) else {
            Issue.record("lease")
            return
        }
        #expect(try creating("bob", .read, ["nowhere"]) == .unknownWarehouse("nowhere"))
        guard case .invalid(field: "warehouses", _)? = try creating("bob", .read, []) else {
            Issue.record("no warehouses")
            return
        }
    }

    @Test("The last local administrator stays: nobody could get back in")
    func lastAdministrator() throws {
        let anna = try make("anna")
        try make("bob", .operate)
        try make("carl", .administer, warehouses: ["W1"])
        let attempts: [@Sendable (inout StoreTransaction) throws -> Void] = [
            { try $0.removeAccount(anna.id) },
            { _ = try $0.changeAccount(anna.id) { $0.isEnabled = false } },
            { _ = try $0.changeAccount(anna.id) { $0.role = .read } },
            { _ = try $0.changeAccount(anna.id) { $0.warehouses = ["W1"] } },
        ]
        for attempt in attempts {
            guard case .conflict? = try refused(attempt) else {
                Issue.record("changed")
                continue
            }
        }
        let dora = try make("dora")
        try store.write { try $0.removeAccount(anna.id) }
        #expect(store.accounts[anna.id] == nil && store.accounts[dora.id] != nil)
    }

    @Test("A login ends when it is idle, when its time is over, and when it is closed")
    func endings() throws {
        let anna = try make("anna")
        let (session, token) = try open(anna)
        #expect(refusal(token.text) == nil && refusal(token.text, after: 3_599) == nil)
        // Each use counts.
        #expect(refusal(token.text, after: 7_198) == nil)
        #expect(refusal(token.text, after: 10_798) == .idle)
        let second = try open(anna)
        for hour in 1...23 as ClosedRange<Int64> {
            #expect(refusal(second.token.text, after: hour * 3_599) == nil, "\(hour)")
        }
        #expect(refusal(second.token.text, after: 86_400) == .expired)
        let third = try open(anna)
        try store.write { try $0.closeSession(third.session.id) }
        #expect(refusal(third.token.text) == .unknown)
        for other in ["", "ss-", token.text + "a", session.id, String(token.text.dropLast())] {
            #expect(refusal(other) == .unknown, "\(other.count)")
        }
        #expect(session.agent == "Browser/1.0")
    }

    @Test("A login survives a restart, and is idle for as long as before")
    func restart() throws {
        let anna = try make("anna")
        let token = try open(anna).token.text
        #expect(refusal(token, after: 3_000) == nil)
        store.release()
        let reopened = try place.open(.open)
        #expect(refusal(token, after: 6_500, in: reopened) == nil)
        reopened.release()
        let again = try place.open(.open)
        #expect(refusal(token, after: 10_200, in: again) == .idle)
    }

    @Test("A disabled or removed account, and a new password, end its logins at once")
    func revocations() throws {
        try make("root")
        let hash = PasswordHash(password, Self.cheap)
        let acts: [@Sendable (inout StoreTransaction, String) throws -> Void] = [
            { transaction, id in _ = try transaction.changeAccount(id) { $0.isEnabled = false } },
            { transaction, id in try transaction.removeAccount(id) },
            { transaction, id in
                _ = try transaction.setPassword(of: id, to: hash, mustChange: true)
            },
        ]
        for (index, act) in acts.enumerated() {
            let account = try make("user\(index)")
            let tokens = try (0..<2).map { _ in try open(account).token.text }
            try store.write { try act(&$0, account.id) }
            for token in tokens { #expect(refusal(token) == .unknown, "\(index)") }
        }
        let account = try make("keeper")
        let (own, other) = (try open(account), try open(account))
        try store.write { transaction in
            _ = try transaction.setPassword(
                of: account.id,
                to: hash,
                mustChange: false,
                keeping: own.session.id
            )
        }
        #expect(refusal(own.token.text) == nil && refusal(other.token.text) == .unknown)
    }

    @Test("An account has at most fifty logins: the oldest end")
    func bounded() throws {
        let anna = try make("anna")
        let tokens = try (0..<52).map { index in
            try open(anna, at: UnixTime(seconds: TestStore.now.seconds + Int64(index))).token.text
        }
        #expect(store.sessions.sessions(of: anna.id).count == 50)
        #expect(refusal(tokens[0], after: 60) == .unknown)
        #expect(refusal(tokens[51], after: 60) == nil)
    }

    @Test(
        "A second factor counts once a code was confirmed; a code counts once, a recovery code too"
    )
    func secondFactor() throws {
        let anna = try make("anna")
        let code = try store.write { try $0.offerSecondFactor(to: anna.id) }.value
        #expect(store.accounts[anna.id]?.secondFactor == nil)
        let period = TestStore.now.seconds / TimeBasedCode.period
        let wrong = try refused { _ = try $0.confirmSecondFactor(of: anna.id, by: "000000x") }
        guard case .invalid(field: "code", _)? = wrong else {
            Issue.record("a wrong code")
            return
        }
        let first = code.text(of: period)
        let recovery = try store.write { transaction in
            try transaction.confirmSecondFactor(of: anna.id, by: first)
        }.value
        func accepts(_ text: String) throws -> Bool {
            try store.write { try $0.acceptCode(text, of: anna.id) }.value
        }
        #expect(try !accepts(first) && accepts(code.text(of: period + 1)))
        #expect(try accepts(recovery[3]) && !accepts(recovery[3]) && !accepts(""))
        #expect(store.accounts[anna.id]?.secondFactor?.recoveryCodes.remaining == 9)
    }

    @Test("An identity is issuer and subject, and nothing else")
    func identity() throws {
        let description = AccountDescription(
            name: "anna@example.com",
            origin: .provider(issuer: "https://a.example", subject: "1"),
            role: .read
        )
        let anna = try store.write { try $0.createAccount(description, password: nil) }.value
        #expect(store.accounts.account(of: "https://a.example", subject: "1")?.id == anna.id)
        #expect(store.accounts.account(of: "https://b.example", subject: "1") == nil)
        #expect(store.accounts.account(of: "https://a.example", subject: "2") == nil)
        // Its name is nobody's local name.
        #expect(store.accounts.local(named: "anna@example.com") == nil)
        #expect(
            try refused { _ = try $0.offerSecondFactor(to: anna.id) } == .notLocal(anna.name)
        )
    }

    @Test("A restore ends all logins, and revives neither an account nor an old password")
    func restore() throws {
        let (anna, bob) = (try make("anna"), try make("bob", .read))
        let token = try open(anna).token.text
        let backup = place.folder.path + "/backup.db"
        try store.backUp(to: backup)
        let changed = try #require(Password(typed: "another horse battery"))
        try store.write { transaction in
            try transaction.removeAccount(bob.id)
            _ = try transaction.setPassword(
                of: anna.id,
                to: PasswordHash(changed, Self.cheap),
                mustChange: false
            )
        }
        let later = try open(anna).token.text
        store.release()
        let restored = try place.restore(backup)
        #expect(restored.refusedAccounts.removed == ["bob"] && restored.accountCount == 1)
        let reopened = try place.open(.open)
        #expect(refusal(token, in: reopened) == .unknown)
        #expect(refusal(later, in: reopened) == .unknown)
        #expect(reopened.accounts[bob.id] == nil)
        #expect(reopened.accounts[anna.id]?.password?.matches(changed) == true)
        #expect(reopened.accounts[anna.id]?.password?.matches(password) == false)
    }

    @Test("Of another gateway's backup, accounts come back disabled, unless their names are taken")
    func foreignBackup() throws {
        let (anna, bob) = (try make("anna"), try make("bob", .read))
        let backup = place.folder.path + "/backup.db"
        try store.backUp(to: backup)
        store.release()
        let other = try TestStore()
        let otherStore = try other.open()
        let newAnna = try otherStore.write { transaction in
            try transaction.createAccount(
                AccountDescription(name: "Anna", role: .administer),
                password: PasswordHash(password, Self.cheap)
            )
        }.value
        otherStore.release()
        let restored = try other.restore(backup)
        #expect(restored.refusedAccounts.disabled == ["bob"] && restored.accountCount == 1)
        #expect(restored.refusedAccounts.replaced == ["anna"])
        let reopened = try other.open(.open)
        #expect(reopened.accounts[bob.id]?.isEnabled == false)
        #expect(reopened.accounts[anna.id] == nil)
        #expect(reopened.accounts.local(named: "anna")?.id == newAnna.id)
    }

    @Test("If the store is lost, the backup's accounts are disabled and its logins ended")
    func restoreOfLostStore() throws {
        let anna = try make("anna")
        let token = try open(anna).token.text
        let backup = place.folder.path + "/backup.db"
        try store.backUp(to: backup)
        store.release()
        try Data("not a database".utf8).write(to: URL(fileURLWithPath: place.path))
        let restored = try place.restore(backup)
        #expect(restored.refusedAccounts.disabled == ["anna"] && restored.accountCount == 0)
        let reopened = try place.open(.open)
        #expect(reopened.accounts[anna.id]?.isEnabled == false)
        #expect(refusal(token, in: reopened) == .unknown)
    }

    @Test(
        "Neither the audit nor anything printed has a password's hash, a token or a code's secret"
    )
    func secrets() throws {
        let anna = try make("anna")
        let token = try open(anna).token.text
        let code = try store.write { try $0.offerSecondFactor(to: anna.id) }.value
        let records = try store.audit(after: 0, matching: AuditFilter(), limit: .max)
        let text = String(decoding: try JSONEncoder().encode(records.map(\.record)), as: UTF8.self)
        #expect(text.contains("account.create") && text.contains("account.login"))
        for secret in [token, code.base32, "scrypt", "secret", "tokenHash"] {
            #expect(!text.contains(secret), "\(secret.prefix(6))")
        }
    }
}
