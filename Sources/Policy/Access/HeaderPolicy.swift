package import Addresses
import CIDRTrie
package import ProxyProtocol

/// Whose PROXY header is read on a listener, and whom the headers that came make of the client.
package struct HeaderPolicy: Sendable {
    /// What a new connection's first bytes are.
    package enum Expectation: Equatable, Sendable {
        /// The client's own, at once.
        case payload
        /// A header; without one the connection is denied.
        case header
        /// A header, or the client's own.
        case headerOrPayload
        /// The peer may not connect here: only load balancers may.
        case refusal
    }

    /// Who a connection's client is.
    package enum Identity: Hashable, Sendable {
        /// - Parameter isForging: whether a header follows that its author may not write: the
        ///   client's own. It came with the load balancer's; one that comes later is payload.
        case client(EffectiveClient, isForging: Bool)
        case refused(DenialReason)
    }

    package let settings: AcceptProxyProtocol
    private let trusted: CompiledTrie?

    package init(_ settings: AcceptProxyProtocol) {
        self.settings = settings
        let rules = settings.trusted.map { Rule(block: $0) }
        // A set of allow rules has no conflict; if it had one, nobody would be trusted.
        trusted = settings.mode == .off ? nil : (try? RuleSet(rules)).map(CompiledTrie.init)
    }

    package func isTrusted(_ address: IPAddress) -> Bool {
        trusted?.verdict(for: address) == .allow
    }

    package func expectation(from peer: IPAddress) -> Expectation {
        switch settings.mode {
        case .off: .payload
        case .optional: isTrusted(peer) ? .headerOrPayload : .payload
        case .required: isTrusted(peer) ? .header : .refusal
        }
    }

    /// Weighs the headers with which a connection from `peer` began.
    package func identity(of peer: SocketAddress, headers: [ProxyHeader]) -> Identity {
        switch (expectation(from: peer.ip.unmapped), headers.isEmpty) {
        case (.refusal, _): return .refused(.untrustedProxySource)
        case (.header, true): return .refused(.badProxyHeader)
        case (.payload, false): return .refused(.unexpectedProxyHeader)
        case (.payload, true), (.header, false), (.headerOrPayload, _): break
        }
        let client = effectiveClient(peer: peer, headers: headers) { isTrusted($0) }
        return .client(client, isForging: client.believedHeaders.count < headers.count)
    }

    /// Whether one more header would be believed after `headers`.
    package func believesAnother(after headers: [ProxyHeader], from peer: SocketAddress) -> Bool {
        effectiveClient(peer: peer, headers: headers) { isTrusted($0) }
            .isAnnouncedFurther(isTrusted: isTrusted)
    }

    /// Whether a session may go on that `peer` opened and, if `isIntroduced`, opened for somebody
    /// else by a header; `intermediaries` wrote the headers after the first one.
    ///
    /// What was believed once counts only while all who vouched for it are trusted.
    package func stillAdmits(
        peer: IPAddress,
        isIntroduced: Bool,
        intermediaries: [IPAddress]
    ) -> Bool {
        guard isIntroduced else { return expectation(from: peer) != .refusal }
        return isTrusted(peer) && intermediaries.allSatisfy(isTrusted)
    }
}
