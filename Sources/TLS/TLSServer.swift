import COpenSSL
import Synchronization
import Traffic

/// One listener's TLS: which certificate is shown for which name, and what is required of clients.
///
/// Immutable, and shared by all shards: a reload makes a new one, and connections in flight keep
/// theirs.
public final class TLSServer: Sendable {
    private let standard: TLSContext
    private let byName: ServerNameTable<TLSContext>
    /// Answers for `acme-tls/1`; `nil` if there are no challenges.
    private let challenges: TLSChallenges?

    /// - Parameters:
    ///   - identities: at least one; the first is shown for names that none has.
    ///   - scope: distinguishes this listener's sessions from those of others: a session is resumed
    ///     only within one scope, certificate and name.
    public init(
        _ identities: [TLSIdentity],
        policy: TLSPolicy,
        scope: String,
        ticketKeys: TLSTicketKeys?,
        challenges: TLSChallenges? = nil
    ) throws(TLSError) {
        // A certificate is verified in full handshakes only: what verifies it belongs to the scope, so
        // that no client resumes a session that would be refused by now.
        let trust = Array(scope.utf8) + (policy.authorities ?? []) + (policy.revocations ?? [])
        var contexts: [(String, TLSContext)] = []
        var first: TLSContext?
        for identity in identities {
            let context = try TLSContext(
                showing: identity,
                policy,
                scope: TLSContext.digest(trust + identity.fingerprint),
                ticketKeys: ticketKeys
            )
            first = first ?? context
            contexts += identity.names.map { ($0, context) }
        }
        guard let first else { throw .badSettings(reason: "no certificate") }
        standard = first
        byName = ServerNameTable(contexts)
        self.challenges = challenges
    }

    /// Begins with a client.
    ///
    /// - Returns: `nil` if memory has run out.
    public func accept() -> TLSConnection? {
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        let chooser: copenssl_chooser = { owner, name, count, isChallenge in
            guard let owner = unsafe owner else { return nil }
            let server = unsafe Unmanaged<TLSServer>.fromOpaque(owner).takeUnretainedValue()
            let bytes = unsafe UnsafeBufferPointer(start: name, count: count)
            let text = unsafe String(decoding: bytes, as: UTF8.self)
            return unsafe server.context(for: text, isChallenge: isChallenge)?.pointer
        }
        let pointer = unsafe copenssl_tls_accept(standard.pointer, chooser, owner)
        return unsafe pointer.map { unsafe TLSConnection($0, of: self) }
    }

    private func context(for name: String, isChallenge: Bool) -> TLSContext? {
        if isChallenge { return challenges?.context(for: name) }
        return byName[name] ?? standard
    }
}

/// The certificates that answer an ACME server which validates a name over TLS (RFC 8737).
public final class TLSChallenges: Sendable {
    private let contexts = Mutex<[String: TLSContext]>([:])

    public init() {}

    /// From now on, until it is removed, `identity` is shown to those who ask for `name` by
    /// `acme-tls/1`.
    public func add(_ identity: TLSIdentity, for name: String) throws(TLSError) {
        var policy = TLSPolicy()
        policy.applicationProtocols = [Self.applicationProtocol]
        let context = try TLSContext(
            showing: identity,
            policy,
            scope: [UInt8](repeating: 0, count: 32),
            ticketKeys: nil
        )
        contexts.withLock { $0[name] = context }
    }

    /// Removes those whose names are not to be kept.
    public func retain(where isKept: (String) -> Bool) {
        contexts.withLock { $0 = $0.filter { isKept($0.key) } }
    }

    /// What is negotiated: a connection with it is closed after its handshake.
    public static let applicationProtocol = "acme-tls/1"

    func context(for name: String) -> TLSContext? {
        contexts.withLock { $0[name] }
    }
}
