extension Reject {
    /// Reads a listener's key `reject`; by default a client is told in its protocol, where it has
    /// words for that.
    static func decode(_ place: Place?, for service: Listener.ServiceProtocol?) -> Reject {
        let standard: Reject = service == .tcp ? .drop : .error
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

extension Reject: ConfigurationWord {}
