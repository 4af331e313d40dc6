package import Traffic

/// What a listener's clients are asked for in the handshake, when only the name in their ClientHello is
/// known.
package struct CertificatePlan: Hashable, Sendable {
    /// By the name of a route, in lower case.
    package private(set) var named: [String: TLSSettings.ClientCertificates] = [:]
    /// Of clients with any other name, or none.
    package let standard: TLSSettings.ClientCertificates

    /// - Parameter listener: its clients use TLS.
    package init(of listener: Listener) {
        let own = listener.tls?.settings.clientCertificates ?? TLSSettings.ClientCertificates()
        var others: [TLSSettings.ClientCertificates] = []
        for route in listener.routes {
            let certificates = route.clientCertificates ?? own
            switch route.match {
            case .serverName(let name): named[name] = certificates
            case .host(let name):
                // The name leads there by TLS too, unless another route has it.
                named[name] = named[name] ?? certificates
                others.append(certificates)
            case .default, .endpoint, .userSuffix, .attribute, .database:
                others.append(certificates)
            }
        }
        standard = Self.common(others, preferring: own)
    }

    /// What is asked of clients that may take any of several routes: the certificates of one trust,
    /// since a client shows one certificate. They are required only if every route requires them.
    private static func common(
        _ routes: [TLSSettings.ClientCertificates],
        preferring own: TLSSettings.ClientCertificates
    ) -> TLSSettings.ClientCertificates {
        guard !routes.isEmpty else { return own }
        let asking = routes.filter { $0.trust != nil }
        guard var chosen = asking.first(where: { $0.trust == own.trust }) ?? asking.first else {
            return TLSSettings.ClientCertificates()
        }
        let areRequired = routes.allSatisfy { $0.mode == .required && $0.trust == chosen.trust }
        chosen.mode = areRequired ? .required : .optional
        return chosen
    }
}

extension TLSSettings.ClientCertificates {
    /// Whose certificates count; `nil` if clients are not asked for one.
    package var trust: CertificateTrust? {
        guard mode != .off, let authorities else { return nil }
        return CertificateTrust(authorities: authorities, revocations: revocations)
    }

    /// What a client's certificate is judged by once its route is known.
    package var rule: CertificateRule {
        CertificateRule(trust: trust, isRequired: mode == .required)
    }
}

extension Listener {
    /// What the routes to each service demand of their clients' certificates; empty if TLS does not end
    /// here.
    package var certificateRules: [Service.ID: CertificateRules] {
        guard let own = tls?.settings.clientCertificates else { return [:] }
        return Dictionary(grouping: routes, by: \.service.id).mapValues { routes in
            let rules = routes.map { ($0.match, ($0.clientCertificates ?? own).rule) }
            return CertificateRules(Dictionary(rules) { first, _ in first })
        }
    }
}
