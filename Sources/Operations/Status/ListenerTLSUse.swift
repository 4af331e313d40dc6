package import Settings

/// What a listener does with its clients' TLS, as the configuration spells it.
package enum ListenerTLSUse: String, Hashable, Sendable, Codable, CaseIterable {
    /// Bytes pass as they come.
    case off
    /// Clients may use it, and it ends at the gateway.
    case on
    /// Clients must use it, and it ends at the gateway.
    case required
    /// It ends at the backend; the gateway reads the name in the ClientHello.
    case passThrough
}

extension Listener {
    package var tlsUse: ListenerTLSUse {
        if passesTLSThrough { return .passThrough }
        return switch tls?.mode {
        case nil: .off
        case .offered: .on
        case .required: .required
        }
    }
}
