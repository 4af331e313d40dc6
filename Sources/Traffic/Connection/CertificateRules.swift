/// Whose client certificates count: the files of authorities and of their revocation lists, by path.
///
/// Two routes with the same files trust the same clients. What is in the files is not part of it: a
/// connection that is open when they change keeps what was verified.
public struct CertificateTrust: Hashable, Sendable {
    public let authorities: String
    public let revocations: String?

    public init(authorities: String, revocations: String? = nil) {
        self.authorities = authorities
        self.revocations = revocations
    }
}

/// What a route demands of its clients' certificates.
public struct CertificateRule: Hashable, Sendable {
    /// Whose count; `nil` if none does.
    public let trust: CertificateTrust?
    public let isRequired: Bool

    public init(trust: CertificateTrust?, isRequired: Bool) {
        self.trust = trust
        self.isRequired = isRequired
    }

    fileprivate func isMet(by certificate: TLSSession.ClientCertificate?) -> Bool {
        !isRequired || isTrusted(certificate)
    }

    fileprivate func isTrusted(_ certificate: TLSSession.ClientCertificate?) -> Bool {
        guard let trust, let certificate else { return false }
        return certificate.trust == trust
    }
}

/// What the routes to one destination demand of their clients' certificates.
///
/// The handshake asks by the name in the ClientHello, but the route may follow from a host, a login, a
/// database or a load balancer's header: only then is it known whether what was asked is enough.
public struct CertificateRules: Hashable, Sendable {
    private let rules: [RouteMatch: CertificateRule]

    public enum Verdict: Equatable {
        /// With the session as the destination may see it: without a certificate that does not count
        /// for it.
        case accepted(TLSSession?)
        case denied(detail: String)
    }

    /// - Parameter rules: by what selects a route. Those that demand nothing may be missing.
    public init(_ rules: [RouteMatch: CertificateRule] = [:]) {
        self.rules = rules
    }

    /// Judges a client that has selected the destination by `matches`. Each of them must be content.
    public func judge(_ session: TLSSession?, by matches: [RouteMatch]) -> Verdict {
        guard !rules.isEmpty else { return .accepted(session) }
        let certificate = session?.clientCertificate
        let rules = matches.compactMap { self.rules[$0] }
        guard rules.allSatisfy({ $0.isMet(by: certificate) }) else {
            return .denied(detail: Self.detail(session))
        }
        guard let session, certificate != nil else { return .accepted(session) }
        let counts = rules.contains { $0.isTrusted(certificate) }
        return .accepted(counts ? session : session.withoutClientCertificate)
    }

    private static func detail(_ session: TLSSession?) -> String {
        guard let session else { return "the client does not use TLS" }
        guard let certificate = session.clientCertificate else {
            return "the client has shown no certificate"
        }
        return "another route's authorities have verified \(certificate.subject)"
    }
}
