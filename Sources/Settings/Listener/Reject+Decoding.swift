public import Text
import Traffic

extension Reject {
    /// Reads a listener's key `reject`; by default a denied client gets an error in its protocol,
    /// in the form that most client programs show in full.
    static func decode(_ place: Place?, for service: ServiceProtocol?) -> Reject {
        let known = service?.known.rejects ?? [.error]
        guard let place, let reject: Reject = place.scalar() else { return known[0] }
        guard let service, !known.contains(reject) else { return reject }
        switch reject {
        case .error, .drop:
            place.warning(
                "\(service.rawValue) has no error message; denied clients are dropped"
            )
            return .drop
        case .errorAfterGreeting:
            let able = ServiceProtocol.allCases.filter { $0.known.rejects.contains(reject) }
            place.fault(
                "errorAfterGreeting is only available for protocol \(able.map(\.rawValue).joined(separator: " and "))",
                remedy: "set reject: drop"
            )
            return known[0]
        }
    }
}

extension Reject: ConfigurationWord {}
