import Addresses
import CIDRTrie
import Core

/// Whose PROXY header is read on a listener.
struct HeaderPolicy: Sendable {
    /// What a new connection's first bytes are.
    enum Expectation: Equatable {
        /// The client's own, at once.
        case payload
        /// A header; without one the connection is denied.
        case header
        /// A header, or the client's own.
        case headerOrPayload
        /// The peer may not connect here: only load balancers may.
        case refusal
    }

    let settings: AcceptProxyProtocol
    private let trusted: CompiledTrie?

    init(_ settings: AcceptProxyProtocol) {
        self.settings = settings
        let rules = settings.trusted.map { Rule(block: $0) }
        // A set of allow rules has no conflict; if it had one, nobody would be trusted.
        trusted = settings.mode == .off ? nil : (try? RuleSet(rules)).map(CompiledTrie.init)
    }

    func isTrusted(_ address: IPAddress) -> Bool {
        trusted?.verdict(for: address) == .allow
    }

    func expectation(from peer: IPAddress) -> Expectation {
        switch settings.mode {
        case .off: .payload
        case .optional: isTrusted(peer) ? .headerOrPayload : .payload
        case .required: isTrusted(peer) ? .header : .refusal
        }
    }
}
