import Synchronization

/// The answers that are published now, for whoever is asked: the listeners, the DNS responder. Looking
/// something up takes a lock for a moment.
package final class ChallengeBoard: ChallengeResponder {
    /// A certificate and its key in PEM, for the protocol `acme-tls/1` alone.
    package struct Pair: Hashable, Sendable {
        package let certificatePEM: String
        package let keyPEM: String
    }

    private struct State {
        var published: [PublishedChallenge] = []
    }

    private let state = Mutex(State())
    private let changed: @Sendable ([PublishedChallenge]) async throws -> Void

    /// - Parameter changed: is given all that is published, after each change, by one order after
    ///   another. An answer counts as published when it returns.
    package init(
        changed: @escaping @Sendable ([PublishedChallenge]) async throws -> Void = { _ in }
    ) {
        self.changed = changed
    }

    package var published: [PublishedChallenge] { state.withLock { $0.published } }

    package func publish(_ challenge: PublishedChallenge) async throws {
        let all = state.withLock { state in
            state.published.append(challenge)
            return state.published
        }
        try await changed(all)
    }

    package func withdraw(_ challenge: PublishedChallenge) async {
        let all = state.withLock { state in
            state.published.removeAll { $0 == challenge }
            return state.published
        }
        // `try?`: an answer that nobody asks for any more does no harm.
        try? await changed(all)
    }
}

extension ChallengeBoard {
    /// The body for `/.well-known/acme-challenge/TOKEN`; `nil` for a 404.
    package func keyAuthorization(of wanted: String) -> String? {
        first { challenge in
            guard case .http(wanted, let authorization) = challenge else { return nil }
            return authorization
        }
    }

    /// What a client is shown that offers `acme-tls/1` alone; `nil` to refuse it.
    ///
    /// - Parameter name: that it has asked for; upper and lower case are the same.
    package func pair(for name: String) -> Pair? {
        let wanted = name.lowercased()
        return first { challenge in
            guard case .tlsALPN(wanted, let certificate, let key) = challenge else { return nil }
            return Pair(certificatePEM: certificate, keyPEM: key)
        }
    }

    /// The TXT records of `_acme-challenge.…`, without a dot at the end.
    package func texts(of name: String) -> [String] {
        let wanted = name.lowercased()
        return published.compactMap { challenge in
            guard case .dns(wanted, let value) = challenge else { return nil }
            return value
        }
    }

    private func first<Value>(_ match: (PublishedChallenge) -> Value?) -> Value? {
        published.lazy.compactMap(match).first
    }
}
