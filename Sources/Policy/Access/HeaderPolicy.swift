public import Addresses
import CIDRTrie
public import ProxyProtocol

/// Which peers' PROXY headers are read on a listener, and which client the received headers
/// identify.
public struct HeaderPolicy: Sendable {
    /// What a new connection's first bytes are.
    public enum Expectation: Equatable, Sendable {
        /// The client's own.
        case payload
        /// A header; without one the connection is denied.
        case header
        /// A header, or the client's own.
        case headerOrPayload
        /// The peer may not connect here: only load balancers may.
        case refusal
    }

    /// The client of a connection.
    public enum Identity: Hashable, Sendable {
        /// - Parameter isForging: whether a header follows that its author is not trusted to write:
        ///   the client's own. It arrived with the load balancer's; one that arrives later is
        ///   payload.
        case client(EffectiveClient, isForging: Bool)
        case refused(DenialReason)
    }

    public let settings: AcceptProxyProtocol
    private let trusted: CompiledTrie?

    public init(_ settings: AcceptProxyProtocol) {
        self.settings = settings
        let rules = settings.trusted.map { Rule(block: $0) }
        // A set of allow rules cannot conflict; if it did, no peer would be trusted.
        trusted = settings.mode == .off ? nil : (try? RuleSet(rules)).map(CompiledTrie.init)
    }

    public func isTrusted(_ address: IPAddress) -> Bool {
        trusted?.verdict(for: address) == .allow
    }

    public func expectation(from peer: IPAddress) -> Expectation {
        switch settings.mode {
        case .off: .payload
        case .optional: isTrusted(peer) ? .headerOrPayload : .payload
        case .required: isTrusted(peer) ? .header : .refusal
        }
    }

    /// Decides which client the headers of a connection from `peer` identify.
    public func identity(of peer: SocketAddress, headers: [ProxyHeader]) -> Identity {
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
    public func believesAnother(after headers: [ProxyHeader], from peer: SocketAddress) -> Bool {
        effectiveClient(peer: peer, headers: headers) { isTrusted($0) }
            .isAnnouncedFurther(isTrusted: isTrusted)
    }

    /// Whether a session may continue that `peer` opened and, if `isIntroduced`, opened for another
    /// client by a header; `intermediaries` wrote the headers after the first one.
    ///
    /// A header stays valid only while all its authors are trusted.
    public func stillAdmits(
        peer: IPAddress,
        isIntroduced: Bool,
        intermediaries: [IPAddress]
    ) -> Bool {
        guard isIntroduced else { return expectation(from: peer) != .refusal }
        return isTrusted(peer) && intermediaries.allSatisfy(isTrusted)
    }
}

/// Whether PROXY headers are read, and from whom.
public struct AcceptProxyProtocol: Hashable, Sendable {
    /// What a connection starts with. The default is the strictest towards headers.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// No header is read; one that arrives is refused, not passed on.
        case off
        /// A trusted source may send one; every other source is a client by itself.
        case optional
        /// Only trusted sources may connect, and each connection starts with a header.
        case required
    }

    /// What to do with a client whose own payload begins like a header.
    public enum ClientHeaders: String, Hashable, Sendable, CaseIterable {
        /// It is denied: a backend that reads headers would believe it.
        case refuse
        /// Its clients are expected to send headers to the backend, which receives them unchanged.
        case pass
    }

    /// Other than `off` only together with trusted sources.
    public var mode: Mode = .off
    /// The load balancers that are believed.
    public var trusted: [CIDRBlock] = []
    /// From accept to the complete header.
    public var timeout: Duration = .seconds(5)
    /// The longest header accepted, in bytes, including signature and addresses.
    public var maximumByteCount = 4096
    /// `pass` only if the gateway neither reads nor writes headers.
    public var clientHeaders = ClientHeaders.refuse

    /// - Parameter trusted: must not be empty unless `mode` is `off`.
    public init(mode: Mode = .off, trusted: [CIDRBlock] = []) {
        self.mode = mode
        self.trusted = trusted
    }
}
