import Addresses
import Credentials
import Operations
import Settings
import Store
import Synchronization
import Text
import Time

/// Recognizes people, and opens their sessions.
///
/// Whoever fails is told the same in each case, after the same time: whether an account exists is
/// nobody's business.
final class SignIn: Sendable {
    /// What somebody types.
    struct Attempt: Sendable {
        var name: String
        var password: Password
        /// A one-time code or a recovery code.
        var code: String?
    }

    /// Where an attempt comes from, and what kind of client it is.
    struct Client: Sendable {
        var origin: ClientAddress
        /// Of the connection; `nil` over the local socket.
        var peer: IPAddress?
        var kind: LoginSession.Client
        var agent: String

        /// Whose failures count together.
        var source: IPAddress { origin.address ?? peer ?? .v6(.init(high: 0, low: 1)) }
        var sourceText: String { origin.recordedText ?? "local socket" }
    }

    /// A session that was opened.
    struct Opened: Sendable {
        var account: Account
        var session: LoginSession
        var token: SecretToken
    }

    enum Failure: Error {
        /// Name or password, account or code: it is not said which.
        case refused
        /// The password is right; the account also needs a one-time code.
        case codeRequired
        /// Too many attempts of this source, or of codes for this account.
        case tooMany(seconds: Int)
    }

    private let writer: PolicyWriter
    private let passwords: PasswordWork
    private let throttle = Mutex(LoginThrottle())
    private let failures = Mutex(FailureSeries())
    private let metrics: ManagementMetrics
    private let start = ContinuousClock.now

    init(_ writer: PolicyWriter, _ passwords: PasswordWork, _ metrics: ManagementMetrics) {
        self.writer = writer
        self.passwords = passwords
        self.metrics = metrics
    }

    /// Signs in by a password.
    ///
    /// - Throws: ``Failure``, and what the store says.
    func open(
        _ attempt: Attempt,
        by client: Client,
        _ settings: AccountSettings
    ) async throws -> Opened {
        let store = try writer.requireStore()
        try admit(client)
        let account = store.accounts.local(named: attempt.name)
        let comparison: PasswordWork.Comparison
        do {
            comparison = try await passwords.compare(
                attempt.password,
                with: account?.password,
                from: client.source,
                lane(of: client, in: store)
            )
        } catch {
            giveBack(client)
            throw Failure.tooMany(seconds: 5)
        }
        guard comparison.isRight, let account, account.isEnabled else {
            try await refuse(account, by: client)
        }
        if account.secondFactor != nil {
            guard let code = attempt.code else {
                recordRightPassword(of: account, by: client)
                throw Failure.codeRequired
            }
            // Nobody guesses a recovery code, and it is what whoever is slowed down still has.
            if !RecoveryCodes.isOfTheirForm(code) { try admitCode(of: account) }
        }
        do {
            let opened = try await commit(attempt, account, comparison, client, settings)
            recordRightPassword(of: account, by: client)
            throttle.withLock { $0.recordRightCode(of: account.id) }
            failures.withLock { $0.end(of: account.id) }
            return opened
        } catch Failure.refused {
            try await refuse(account, by: client)
        }
    }

    /// Opens a session for somebody whom a provider has recognized.
    ///
    /// - Parameter account: finds or makes the account, in the transaction.
    func open(
        by client: Client,
        _ settings: AccountSettings,
        _ account: @escaping @Sendable (inout StoreTransaction) throws -> Account
    ) async throws -> Opened {
        let actor = AuditActor(kind: .system, name: "sluice", address: client.sourceText)
        return try await writer.write(by: actor) { transaction in
            let account = try account(&transaction)
            transaction.act(as: account.actor(from: client.sourceText))
            let (session, token) = try transaction.openSession(
                of: account.id,
                client.description(.provider),
                SessionLimits(settings)
            )
            return Opened(account: account, session: session, token: token)
        }.value
    }

    /// Whether a password is that of an account whose owner is signed in already.
    func confirm(_ password: Password, of account: Account, by client: Client) async throws {
        try admit(client)
        do {
            let comparison = try await passwords.compare(
                password,
                with: account.password,
                from: client.source,
                .known
            )
            guard comparison.isRight else { try await refuse(account, by: client) }
            recordRightPassword(of: account, by: client)
        } catch is PasswordWork.Busy {
            giveBack(client)
            throw Failure.tooMany(seconds: 5)
        }
    }

    func hash(_ password: Password) async throws -> PasswordHash {
        do {
            return try await passwords.hash(password)
        } catch {
            throw Failure.tooMany(seconds: 5)
        }
    }
}

// MARK: - Steps

extension SignIn {
    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    private func admit(_ client: Client) throws {
        if let wait = throttle.withLock({ $0.waitingTime(of: client.source, at: now) }) {
            metrics.recordRefusal("throttled", "login from \(client.sourceText): too many attempts")
            throw Failure.tooMany(seconds: wait)
        }
    }

    private func admitCode(of account: Account) throws {
        if let wait = throttle.withLock({ $0.waitingTime(ofCodesFor: account.id, at: now) }) {
            throw Failure.tooMany(seconds: wait)
        }
    }

    private func giveBack(_ client: Client) {
        throttle.withLock { $0.giveBack(to: client.source) }
    }

    private func recordRightPassword(of account: Account, by client: Client) {
        throttle.withLock {
            $0.recordRightPassword(of: account.id, from: client.source, at: now)
        }
    }

    /// The same for each name: who waits longer must not learn whether it exists.
    private func lane(of client: Client, in store: PolicyStore) -> PasswordTurns.Lane {
        let source = client.sourceText
        return store.accounts.hasLogin(from: source) || store.sessions.hasSession(from: source)
            ? .known : .unknown
    }

    private func commit(
        _ attempt: Attempt,
        _ account: Account,
        _ comparison: PasswordWork.Comparison,
        _ client: Client,
        _ settings: AccountSettings
    ) async throws -> Opened {
        try await writer.write(by: account.actor(from: client.sourceText)) { transaction in
            // It may have changed while the password was being hashed.
            guard let current = transaction.accounts[account.id], current.isEnabled,
                current.password == account.password
            else { throw Failure.refused }
            if current.secondFactor != nil {
                guard let code = attempt.code else { throw Failure.codeRequired }
                guard try transaction.acceptCode(code, of: account.id) else {
                    throw Failure.refused
                }
            }
            if let renewed = comparison.renewed {
                try transaction.renewHash(of: account.id, renewed)
            }
            let (session, token) = try transaction.openSession(
                of: account.id,
                client.description(.password),
                SessionLimits(settings)
            )
            return Opened(
                account: try transaction.account(account.id),
                session: session,
                token: token
            )
        }.value
    }

    /// Counts a failure. Each tenth one in a row, tenfold each time, stands in the audit: not each,
    /// which would let anyone fill it.
    private func refuse(_ account: Account?, by client: Client) async throws -> Never {
        metrics.recordRefusal(
            account == nil ? "name" : "password",
            "login from \(client.sourceText) refused"
        )
        if let account,
            let count = failures.withLock({ $0.record(of: account.id, at: now) })
        {
            // `try?`: a login that fails must not fail otherwise because the disk is full.
            _ = try? await writer.write(by: .gateway) { transaction in
                try transaction.record(
                    AuditedAct(
                        "account.login.fail",
                        target: account.id,
                        after: [
                            "name": .string(account.name), "failures": .integer(Int64(count)),
                            "source": .string(client.sourceText),
                        ]
                    )
                )
            }
        }
        throw Failure.refused
    }
}

extension SignIn.Client {
    fileprivate func description(_ method: LoginSession.Method) -> SessionDescription {
        SessionDescription(method: method, client: kind, source: sourceText, agent: agent)
    }
}

extension Account {
    /// As whom its owner acts.
    func actor(from source: String?) -> AuditActor {
        AuditActor(kind: .account, id: id, name: name, address: source)
    }
}

extension SessionLimits {
    init(_ settings: AccountSettings) {
        self.init(idle: settings.idle, maximum: settings.maximum)
    }
}
