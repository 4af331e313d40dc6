package import Time

/// A login that has not ended: of a browser, by a cookie, or of the command line, by a token.
package struct LoginSession: Hashable, Sendable, Codable {
    /// How the person was recognized.
    package enum Method: String, Hashable, Sendable, Codable {
        case password
        case provider
    }

    package enum Client: String, Hashable, Sendable, Codable {
        case browser
        case commandLine
    }

    /// Does not change. It is no secret.
    package let id: String
    package let account: String
    package let method: Method
    package let client: Client
    package let createdAt: UnixTime
    /// Whatever happens, it ends then.
    package let expiresAt: UnixTime
    /// An address.
    package let source: String
    /// What the client calls itself, as far as it is printable.
    package let agent: String
    /// SHA-256 of the token.
    let tokenHash: [UInt8]
}

/// How long a login lasts.
package struct SessionLimits: Hashable, Sendable {
    /// Without a request.
    package var idle: Duration
    /// Whatever happens.
    package var maximum: Duration

    package init(idle: Duration = .seconds(8 * 3600), maximum: Duration = .seconds(7 * 86_400)) {
        self.idle = idle
        self.maximum = maximum
    }
}

/// All logins that have not ended.
package struct SessionBook: Sendable {
    package private(set) var sessions: [String: LoginSession] = [:]
    private var idsByHash: [[UInt8]: String] = [:]
    private var countsBySource: [String: Int] = [:]

    init(_ sessions: some Sequence<LoginSession> = []) {
        for session in sessions { insert(session) }
    }

    package subscript(id: String) -> LoginSession? { sessions[id] }

    /// By a hash of 256 random bits: how long it takes tells nothing of use about the token.
    func session(withTokenHash hash: [UInt8]) -> LoginSession? {
        idsByHash[hash].flatMap { sessions[$0] }
    }

    package func sessions(of account: String) -> [LoginSession] {
        sessions.values.filter { $0.account == account }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    package func hasSession(from source: String) -> Bool { countsBySource[source] != nil }

    mutating func insert(_ session: LoginSession) {
        remove(session.id)
        sessions[session.id] = session
        idsByHash[session.tokenHash] = session.id
        countsBySource[session.source, default: 0] += 1
    }

    mutating func remove(_ id: String) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        idsByHash[session.tokenHash] = nil
        let remaining = (countsBySource[session.source] ?? 1) - 1
        countsBySource[session.source] = remaining > 0 ? remaining : nil
    }
}

/// Why a session's token is not accepted. Clients are told only that it is not.
package enum SessionRefusal: Error, Hashable, Sendable {
    case unknown
    case idle
    case expired
    case disabled
}
