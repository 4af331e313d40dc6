import Addresses
import Credentials

/// A login that a browser has begun at the provider, and that is to come back.
struct PendingLogin: Hashable, Sendable {
    /// Sent along, and sent back (RFC 6749 §10.12).
    let state: String
    /// What the ID token has to contain (OpenID Connect Core §3.1.2.1).
    let nonce: String
    /// What only the gateway knows until it exchanges the code (RFC 7636 §4.1).
    let verifier: String
    let returnPath: ReturnPath
    /// The provider that it was begun at: another one's answer does not end it.
    let issuer: String
    /// Hash of the secret in the browser's cookie.
    fileprivate let browserHash: [UInt8]
    fileprivate let source: IPAddress
    /// In seconds of a clock that only goes forward.
    fileprivate let endsAt: Double

    /// What the provider gets instead of the verifier (RFC 7636 §4.2, S256).
    var challenge: String { Digest.sha256(verifier.utf8).base64URL }
}

/// The logins that browsers have begun. They are kept in memory: after a restart, people begin again.
///
/// The number is bounded, for each source and in all; the oldest one goes.
struct PendingLogins: Sendable {
    /// In seconds.
    static let lifetime = 600.0
    static let limitPerSource = 20
    static let limit = 10_000

    private var logins: [String: PendingLogin] = [:]
    /// Their states, the oldest first. States of logins that have ended go when they come to the front.
    private var order: [String] = []
    /// The states of each source, the oldest first.
    private var bySource: [IPAddress: [String]] = [:]

    var count: Int { logins.count }

    /// - Parameters:
    ///   - source: of the browser; what one customer of a provider has counts as one.
    ///   - now: in seconds of a clock that only goes forward.
    /// - Returns: also the secret for the browser's cookie.
    mutating func begin(
        at issuer: String,
        returningTo path: ReturnPath,
        from source: IPAddress,
        at now: Double
    ) -> (login: PendingLogin, browserSecret: String) {
        let source = source.loginSource
        makeRoom(for: source, at: now)
        let secret = Self.randomText()
        let login = PendingLogin(
            state: Self.randomText(),
            nonce: Self.randomText(),
            verifier: Self.randomText(),
            returnPath: path,
            issuer: issuer,
            browserHash: Digest.sha256(secret.utf8),
            source: source,
            endsAt: now + Self.lifetime
        )
        logins[login.state] = login
        order.append(login.state)
        bySource[source, default: []].append(login.state)
        return (login, secret)
    }

    /// Ends a login that has come back: it cannot come back again.
    ///
    /// - Parameter secret: of the browser's cookie.
    /// - Returns: `nil` if there is none of this state, or not of this browser, which leaves it as it
    ///   is.
    mutating func end(state: String, browserSecret secret: String, at now: Double) -> PendingLogin?
    {
        guard let login = logins[state], now < login.endsAt,
            login.browserHash.equalsInConstantTime(Digest.sha256(secret.utf8))
        else { return nil }
        remove(state)
        return login
    }

    private mutating func remove(_ state: String) {
        guard let login = logins.removeValue(forKey: state) else { return }
        var own = bySource[login.source] ?? []
        own.removeAll { $0 == state }
        bySource[login.source] = own.isEmpty ? nil : own
    }

    private mutating func makeRoom(for source: IPAddress, at now: Double) {
        dropFront { $0.endsAt <= now }
        if let own = bySource[source], own.count >= Self.limitPerSource { remove(own[0]) }
        if logins.count >= Self.limit {
            dropFront { _ in false }
            if let oldest = order.first { remove(oldest) }
        }
        if order.count > 2 * Self.limit { order.removeAll { logins[$0] == nil } }
    }

    /// Removes the oldest logins as long as they have ended, one way or the other.
    private mutating func dropFront(while hasEnded: (PendingLogin) -> Bool) {
        let ended = order.prefix { logins[$0].map(hasEnded) ?? true }
        for state in ended { remove(state) }
        order.removeFirst(ended.count)
    }

    /// 256 random bits.
    private static func randomText() -> String {
        [UInt8].random(count: 32).base64URL
    }
}
