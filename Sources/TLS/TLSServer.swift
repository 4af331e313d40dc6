import COpenSSL
import DomainNames
import Synchronization
import Traffic

/// One listener's TLS: which certificate is shown for which name, and what is required of clients.
///
/// Immutable, and shared by all shards: a reload makes a new one, and connections in flight keep
/// theirs.
public final class TLSServer: Sendable {
    /// What clients under one policy are shown.
    private struct Contexts: Sendable {
        let policy: TLSPolicy
        let standard: TLSContext
        let byName: [String: TLSContext]
    }

    private let standard: Contexts
    /// Of names with a policy of their own.
    private let named: [String: Contexts]
    /// Answers for `acme-tls/1`; `nil` if there are no challenges.
    private let challenges: TLSChallenges?

    /// - Parameters:
    ///   - identities: at least one; the first is shown for names that none has.
    ///   - policy: of clients whose names are not in `named`.
    ///   - named: by names in lower case.
    ///   - scope: distinguishes this listener's sessions from those of others: a session is resumed
    ///     only within one scope, policy, certificate and name.
    public init(
        _ identities: [TLSIdentity],
        policy: TLSPolicy,
        named: [String: TLSPolicy] = [:],
        scope: String,
        ticketKeys: TLSTicketKeys?,
        challenges: TLSChallenges? = nil
    ) throws(TLSError) {
        var known: [TLSPolicy: Contexts] = [:]
        func contexts(_ policy: TLSPolicy) throws(TLSError) -> Contexts {
            if let made = known[policy] { return made }
            let made = try Self.contexts(identities, policy, scope: scope, ticketKeys: ticketKeys)
            known[policy] = made
            return made
        }
        standard = try contexts(policy)
        var byName: [String: Contexts] = [:]
        for (name, policy) in named { byName[name] = try contexts(policy) }
        self.named = byName
        self.challenges = challenges
    }

    private static func contexts(
        _ identities: [TLSIdentity],
        _ policy: TLSPolicy,
        scope: String,
        ticketKeys: TLSTicketKeys?
    ) throws(TLSError) -> Contexts {
        // A certificate is verified in full handshakes only: what verifies it belongs to the scope, so
        // that no client resumes a session that would be refused by now, or at another route.
        let trust = policy.scope(in: scope)
        var byName: [String: TLSContext] = [:]
        var first: TLSContext?
        for identity in identities {
            let context = try TLSContext(
                showing: identity,
                policy,
                scope: TLSContext.digest(trust + identity.fingerprint),
                ticketKeys: ticketKeys
            )
            first = first ?? context
            // Of two certificates with one name the first one counts.
            for name in identity.names where byName[name] == nil { byName[name] = context }
        }
        guard let first else { throw .badSettings(reason: "no certificate") }
        return Contexts(policy: policy, standard: first, byName: byName)
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
        let context = standard.standard
        let pointer = unsafe copenssl_tls_accept(context.pointer, chooser, owner)
        return unsafe pointer.map { unsafe TLSConnection($0, of: self) }
    }

    private func context(for name: String, isChallenge: Bool) -> TLSContext? {
        if isChallenge { return challenges?.context(for: name) }
        let contexts = named[name] ?? standard
        return HostMatch.find(name) { contexts.byName[$0] }?.value ?? contexts.standard
    }

    /// Whose certificates clients that ask for `name` have been verified by.
    ///
    /// - Parameter name: in lower case; `nil` for none.
    func trust(for name: String?) -> CertificateTrust? {
        (name.flatMap { named[$0] } ?? standard).policy.trust
    }
}

extension TLSPolicy {
    /// Digests of all that decides whether a client's certificate is accepted.
    fileprivate func scope(in scope: String) -> [UInt8] {
        let settings = "\(scope) \(peerCertificates) \(trust.debugDescription)"
        return [Array(settings.utf8), authorities ?? [], revocations ?? []]
            .flatMap(TLSContext.digest)
    }
}

/// The certificates that answer an ACME server which validates a name over TLS (RFC 8737).
public final class TLSChallenges: Sendable {
    private struct State {
        var contexts: [String: TLSContext] = [:]
        /// A handshake that has just chosen one may still need it.
        var retired: [TLSContext] = []
    }

    private let state = Mutex(State())

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
        state.withLock { $0.contexts[name] = context }
    }

    /// Removes those whose names are not to be kept.
    public func retain(where isKept: (String) -> Bool) {
        state.withLock { state in
            let removed = state.contexts.filter { !isKept($0.key) }
            guard !removed.isEmpty else { return }
            state.retired = Array(removed.values)
            for name in removed.keys { state.contexts[name] = nil }
        }
    }

    /// What is negotiated: a connection with it is closed after its handshake.
    public static let applicationProtocol = "acme-tls/1"

    func context(for name: String) -> TLSContext? {
        state.withLock { $0.contexts[name] }
    }
}
