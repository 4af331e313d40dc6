package import Credentials
import Text
import Time

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
            throw StoreRefusal.tooMany("there are at most \(Self.sessionLimit) logins")
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
        try record(
            AuditedAct("account.login", target: id, after: session.auditValue(of: account.name))
        )
        return (session, token)
    }

    package func session(_ id: String) throws -> LoginSession {
        guard let session = sessions[id] else { throw StoreRefusal.unknownSession(id) }
        return session
    }

    package mutating func closeSession(_ id: String) throws {
        let session = try session(id)
        try drop(session)
        let name = accounts[session.account]?.name
        try record(
            AuditedAct(
                "account.logout",
                target: session.account,
                before: session.auditValue(of: name)
            )
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

extension LoginSession {
    /// - Parameter name: the account's.
    func auditValue(of name: String?) -> JSONValue {
        JSONValue(present: [
            "name": name.map(JSONValue.string), "login": .string(id),
            "method": .string(method.rawValue), "client": .string(client.rawValue),
            "source": .string(source),
        ])
    }
}
