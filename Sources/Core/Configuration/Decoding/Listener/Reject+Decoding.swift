extension Reject {
    /// Reads a listener's key `reject`; by default a client is told in its protocol, in the way that
    /// most of its programs show in full.
    static func decode(_ place: Place?, for service: Listener.ServiceProtocol?) -> Reject {
        let standard = standard(for: service)
        guard let place, let reject: Reject = place.scalar() else { return standard }
        switch (reject, service) {
        case (.error, .tcp):
            place.warning("plain tcp has no words for an error: denied clients are dropped")
            return .drop
        case (.errorAfterGreeting, .http), (.errorAfterGreeting, .tcp):
            place.fault("errorAfterGreeting is for protocol mysql only", remedy: "reject: drop")
            return standard
        default:
            return reject
        }
    }
}

extension Reject {
    private static func standard(for service: Listener.ServiceProtocol?) -> Reject {
        switch service {
        case .mysql: .errorAfterGreeting
        case .http, nil: .error
        case .tcp: .drop
        }
    }
}

extension Reject: ConfigurationWord {}
