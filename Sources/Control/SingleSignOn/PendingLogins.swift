import Credentials
import FoundationEssentials

/// A login that a browser has begun at the provider, and that is to come back.
struct PendingLogin: Hashable, Sendable, Codable {
    /// Sent along, and sent back (RFC 6749 §10.12).
    let state: String
    /// What the ID token has to contain (OpenID Connect Core §3.1.2.1).
    let nonce: String
    /// What only the gateway knows until it exchanges the code (RFC 7636 §4.1).
    let verifier: String
    /// Of the page that the person came from.
    fileprivate let path: String
    /// The provider that it was begun at: another one's answer does not end it.
    let issuer: String
    /// In seconds of a clock that only goes forward.
    fileprivate let endsAt: Double

    var returnPath: ReturnPath { ReturnPath(path) ?? .root }

    /// What the provider gets instead of the verifier (RFC 7636 §4.2, S256).
    var challenge: String { Digest.sha256(verifier.utf8).base64URL }
}

/// The logins that browsers have begun. Each browser keeps its own, sealed, in a cookie: they take no
/// memory here, so nobody can displace those of others. After a restart, people begin again.
struct PendingLogins: Sendable {
    /// In seconds.
    static let lifetime = 600.0
    private static let endedLimit = 10_000

    private let seal = Seal()
    /// The states of those that have come back, until their time is over, and when it is. If there are
    /// too many, the oldest ones go: the provider does not accept a code twice either.
    private var ended: [String: Double] = [:]
    /// Their order, the oldest first.
    private var order: [String] = []

    var endedCount: Int { ended.count }

    /// - Parameter now: in seconds of a clock that only goes forward.
    /// - Returns: also the value of the browser's cookie.
    func begin(at issuer: String, returningTo path: ReturnPath, at now: Double) -> (
        login: PendingLogin, cookie: String
    )? {
        let login = PendingLogin(
            state: Self.randomText(),
            nonce: Self.randomText(),
            verifier: Self.randomText(),
            path: path.text,
            issuer: issuer,
            endsAt: now + Self.lifetime
        )
        // `try?`: it is text and one finite number.
        guard let content = try? JSONEncoder().encode(login),
            let cookie = seal.close(Array(content))
        else { return nil }
        return (login, cookie)
    }

    /// Ends a login that has come back: it cannot come back again.
    ///
    /// - Returns: `nil` if the cookie is not that of a login of this state, or its time is over.
    mutating func end(state: String, cookie: String, at now: Double) -> PendingLogin? {
        guard let content = seal.open(cookie),
            // `try?`: what is sealed was written by `begin`.
            let login = try? JSONDecoder().decode(PendingLogin.self, from: Data(content)),
            now < login.endsAt, ended[login.state] == nil,
            Array(login.state.utf8).equalsInConstantTime(Array(state.utf8))
        else { return nil }
        let over = order.prefix { ended[$0].map { $0 <= now } ?? true }.count
        let excess = order.count - over >= Self.endedLimit ? 1 : 0
        for state in order.prefix(over + excess) { ended[state] = nil }
        order.removeFirst(over + excess)
        ended[login.state] = login.endsAt
        order.append(login.state)
        return login
    }

    /// 256 random bits.
    private static func randomText() -> String {
        [UInt8].random(count: 32).base64URL
    }
}
