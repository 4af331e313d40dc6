import Addresses
import Credentials
import MySQLClient
import Settings
import Store
import Synchronization
import Text
import Time

/// What a provider sends a browser back with (OpenID Connect Core §3.1.2.5, RFC 6749 §4.1.2).
struct ProviderAnswer: Hashable, Sendable {
    var state: String?
    var code: String?
    var error: String?
    var issuer: String?
}

/// Signing in at the provider: sends browsers there, and opens sessions for those that come back.
///
/// Nobody is told why an answer is not believed; the operator's log has the reason, and the metrics
/// have a count.
final class SingleSignOnLogin: Sendable {
    /// What the configuration says at the moment.
    struct Context: Sendable {
        let settings: SingleSignOn
        /// Where browsers reach the gateway.
        let url: WebURL
        let accounts: AccountSettings
        /// That exist.
        let warehouses: Set<String>

        /// Where the provider sends browsers back to; registered there, and always the same.
        var callback: String { url.text + SingleSignOnRoutes.callbackPath }

        /// `nil` unless the gateway offers it.
        init?(_ topology: Topology) {
            guard let settings = topology.management.singleSignOn,
                let url = topology.management.url
            else { return nil }
            self.settings = settings
            self.url = url
            accounts = topology.management.accounts
            warehouses = Set(topology.warehouses.map(\.id))
        }
    }

    /// Exchanges at the same time. Each waits for the provider.
    private static let exchangeLimit = 16

    private let signIn: SignIn
    private let writer: PolicyWriter
    private let metrics: ManagementMetrics
    private let transport: @Sendable (SingleSignOn) -> any ProviderTransport
    /// In seconds; only goes forward.
    private let clock: @Sendable () -> Double
    private let current = Mutex<Provider?>(nil)
    private let pending = Mutex(PendingLogins())
    private let throttle = Mutex(LoginThrottle())
    private let failures = Mutex(FailureSeries())
    private let exchangeCount = Mutex(0)

    init(
        _ signIn: SignIn,
        _ writer: PolicyWriter,
        _ metrics: ManagementMetrics,
        transport: @escaping @Sendable (SingleSignOn) -> any ProviderTransport = {
            HTTPSTransport(authorityFile: $0.authorityFile)
        },
        clock: @escaping @Sendable () -> Double = SingleSignOnLogin.monotonicClock()
    ) {
        self.signIn = signIn
        self.writer = writer
        self.metrics = metrics
        self.transport = transport
        self.clock = clock
    }

    static func monotonicClock() -> @Sendable () -> Double {
        let start = ContinuousClock.now
        return { (ContinuousClock.now - start) / .seconds(1) }
    }
}

// MARK: - To the provider

extension SingleSignOnLogin {
    /// Begins a login.
    ///
    /// - Returns: where the browser is to go, and the value of its cookie.
    func begin(_ context: Context, returningTo path: ReturnPath)
        async throws(SingleSignOnFailure) -> (location: String, cookie: String)
    {
        let document: ProviderDocument
        do throws(ProviderError) {
            document = try await provider(for: context.settings).document()
        } catch {
            throw .provider(error)
        }
        let issuer = context.settings.issuer.text
        let begun = pending.withLock { [clock] in
            $0.begin(at: issuer, returningTo: path, at: clock())
        }
        guard let (login, cookie) = begun else { throw .unknownLogin }
        let parameters = [
            ("response_type", "code"), ("client_id", context.settings.clientID),
            ("redirect_uri", context.callback),
            ("scope", context.settings.scopes.joined(separator: " ")), ("state", login.state),
            ("nonce", login.nonce), ("code_challenge", login.challenge),
            ("code_challenge_method", "S256"),
        ]
        let query = parameters.map { "\($0)=\($1.percentEncoded)" }.joined(separator: "&")
        let endpoint = document.authorizationEndpoint
        let separator = endpoint.path.contains("?") ? "&" : "?"
        return (endpoint.text + separator + query, cookie)
    }

    /// The provider of these settings: another one once they have changed.
    private func provider(for settings: SingleSignOn) -> Provider {
        current.withLock { provider in
            if let provider, provider.settings == settings { return provider }
            let new = Provider(settings, transport(settings), clock: clock)
            provider = new
            return new
        }
    }
}

// MARK: - Back from it

extension SingleSignOnLogin {
    /// Opens a session for whoever the provider says has come back.
    ///
    /// - Parameter cookie: the browser's.
    func finish(
        _ answer: ProviderAnswer,
        cookie: String?,
        _ context: Context,
        by client: SignIn.Client
    ) async throws(SingleSignOnFailure) -> (opened: SignIn.Opened, path: ReturnPath) {
        let now = clock()
        // What does not belong to a login of this browser costs nothing, and does not count: any page
        // could have caused it.
        let (login, code) = try accept(answer, cookie, context, at: now)
        if let wait = throttle.withLock({ $0.waitingTime(of: client.source, at: now) }) {
            throw .tooMany(seconds: wait)
        }
        let (subject, claims) = try await identify(code, login, context)
        let identity = ProvidedIdentity(
            subject: subject,
            claims: claims,
            context.settings,
            warehouses: context.warehouses
        )
        let opened = try await open(identity, context, by: client)
        throttle.withLock { $0.giveBack(to: client.source) }
        return (opened, login.returnPath)
    }

    /// Counts a failure, and logs it as often as others of its kind.
    func record(_ failure: SingleSignOnFailure, of client: SignIn.Client) {
        metrics.recordRefusal(
            failure.word,
            "single sign-on from \(client.sourceText) refused: \(failure.reason)"
        )
    }

    /// The login that an answer belongs to, which is over with it.
    private func accept(
        _ answer: ProviderAnswer,
        _ cookie: String?,
        _ context: Context,
        at now: Double
    ) throws(SingleSignOnFailure) -> (PendingLogin, code: String) {
        let login = pending.withLock { pending in
            answer.state.flatMap { state in
                cookie.flatMap { pending.end(state: state, cookie: $0, at: now) }
            }
        }
        let issuer = context.settings.issuer.text
        guard let login, login.issuer == issuer else {
            if let word = answer.error, word.isErrorWord { throw .refusedByProvider(word) }
            throw .unknownLogin
        }
        guard answer.issuer == nil || answer.issuer == issuer else { throw .otherIssuer }
        if let error = answer.error {
            throw .refusedByProvider(error.isErrorWord ? error : "error")
        }
        guard let code = answer.code, !code.isEmpty else { throw .unknownLogin }
        return (login, code)
    }

    /// Exchanges the code, and checks what comes.
    private func identify(_ code: String, _ login: PendingLogin, _ context: Context)
        async throws(SingleSignOnFailure) -> (subject: String, claims: JSONValue)
    {
        let isAdmitted = exchangeCount.withLock { count in
            guard count < Self.exchangeLimit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw .tooMany(seconds: 5) }
        defer { exchangeCount.withLock { $0 -= 1 } }
        let provider = self.provider(for: context.settings)
        let (token, tokens) = try await fetch(code, login, context, from: provider)
        let claims = try await claims(of: token, from: provider)
        let expectation = TokenExpectation(
            issuer: context.settings.issuer.text,
            clientID: context.settings.clientID,
            nonce: login.nonce,
            accessToken: tokens.accessToken,
            algorithm: token.algorithm
        )
        do throws(TokenRefusal) {
            let subject = try expectation.check(claims, at: Double(UnixTime.systemTime.seconds))
            return (subject, claims)
        } catch {
            throw .token(error)
        }
    }

    private func fetch(
        _ code: String,
        _ login: PendingLogin,
        _ context: Context,
        from provider: Provider
    ) async throws(SingleSignOnFailure) -> (UnverifiedToken, ProvidedTokens) {
        do {
            let tokens = try await provider.exchange(
                code: code,
                verifier: login.verifier,
                redirectingTo: context.callback,
                secret: try await Self.secret(of: context.settings)
            )
            let token = try UnverifiedToken(
                parsing: tokens.idToken,
                allowing: context.settings.algorithms
            )
            return (token, tokens)
        } catch let error as ProviderError {
            throw .provider(error)
        } catch let refusal as TokenRefusal {
            throw .token(refusal)
        } catch {
            throw .provider(.unreachable("\(error)"))
        }
    }

    private func claims(of token: UnverifiedToken, from provider: Provider)
        async throws(SingleSignOnFailure) -> JSONValue
    {
        do {
            let keys = try await provider.keys(for: token.keyID)
            do throws(TokenRefusal) {
                return try await token.claims(signedBy: keys)
            } catch {
                // Without an id, only the signature shows that the provider has changed its key.
                guard error == .signature, token.keyID == nil else { throw error }
                let newer = try await provider.keys(for: nil, unlike: keys)
                return try await token.claims(signedBy: newer)
            }
        } catch let error as ProviderError {
            throw .provider(error)
        } catch let refusal as TokenRefusal {
            throw .token(refusal)
        } catch {
            throw .provider(.unreachable("\(error)"))
        }
    }

    /// Read each time: it can be replaced while the gateway runs.
    private static func secret(of settings: SingleSignOn) async throws -> String? {
        guard let path = settings.clientSecretFile else { return nil }
        return try await BlockingWork.run {
            do throws(PasswordFileError) {
                let bytes = try PasswordFile(path: path).read().bytes
                return String(decoding: bytes, as: UTF8.self)
            } catch {
                throw ProviderError.secret("\(error)")
            }
        }
    }
}

// MARK: - The account

extension SingleSignOnLogin {
    private func open(_ identity: ProvidedIdentity, _ context: Context, by client: SignIn.Client)
        async throws(SingleSignOnFailure) -> SignIn.Opened
    {
        guard let grant = identity.grant else {
            await refuse(identity, client)
            throw .noRole
        }
        do {
            return try await signIn.open(by: client, context.accounts) { transaction in
                try transaction.account(of: identity, grant)
            }
        } catch let refusal as StoreRefusal {
            throw .account(refusal)
        } catch {
            throw .store("\(error)")
        }
    }

    /// Somebody who has no role any longer keeps no session either. Each tenth refusal in a row,
    /// tenfold each time, stands in the audit.
    private func refuse(_ identity: ProvidedIdentity, _ client: SignIn.Client) async {
        let account = writer.store?.accounts.account(
            of: identity.issuer,
            subject: identity.subject
        )
        let key = "\(identity.issuer) \(identity.subject)"
        let count = failures.withLock { $0.record(of: key, at: clock()) }
        guard account != nil || count != nil else { return }
        let source = client.sourceText
        // `try?`: the refusal must not fail otherwise because the disk is full.
        _ = try? await writer.write(by: .gateway) { transaction in
            if let account, transaction.accounts[account.id] != nil {
                try transaction.closeSessions(of: account.id)
            }
            guard let count else { return }
            try transaction.record(
                AuditedAct(
                    "account.login.fail",
                    target: account?.id ?? identity.subject,
                    after: [
                        "name": .string(identity.name), "issuer": .string(identity.issuer),
                        "subject": .string(identity.subject),
                        "failures": .integer(Int64(count)), "source": .string(source),
                    ]
                )
            )
        }
    }
}

extension StoreTransaction {
    /// The account of a person whom a provider has recognized, made at their first login. Name and
    /// rights become those that the provider tells now.
    fileprivate mutating func account(of identity: ProvidedIdentity, _ grant: RoleGrant) throws
        -> Account
    {
        if let account = accounts.account(of: identity.issuer, subject: identity.subject) {
            guard account.isEnabled else { throw StoreRefusal.disabledAccount(account.name) }
            return try changeAccount(account.id) { account in
                account.name = identity.name
                account.role = grant.role
                account.warehouses = grant.warehouses
            }
        }
        return try createAccount(
            AccountDescription(
                name: identity.name,
                origin: .provider(issuer: identity.issuer, subject: identity.subject),
                role: grant.role,
                warehouses: grant.warehouses
            ),
            password: nil
        )
    }
}
