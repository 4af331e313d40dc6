import Testing

@testable import Traffic

@Suite("What routes demand of clients' certificates")
struct CertificateRulesTests {
    private static let ours = CertificateTrust(authorities: "ours.pem")
    private static let theirs = CertificateTrust(authorities: "theirs.pem")
    private static let strict = CertificateTrust(authorities: "ours.pem", revocations: "ours.crl")

    private static let closed = RouteMatch.serverName("closed.gw.example")
    private static let open = RouteMatch.serverName("open.gw.example")
    private static let suffix = RouteMatch.userSuffix("CLOSED")
    private static let other = RouteMatch.host("other.gw.example")

    private static let rules = CertificateRules([
        closed: CertificateRule(trust: ours, isRequired: true),
        open: CertificateRule(trust: nil, isRequired: false),
        suffix: CertificateRule(trust: strict, isRequired: true),
        other: CertificateRule(trust: theirs, isRequired: false),
    ])

    private static func session(_ trust: CertificateTrust?) -> TLSSession {
        TLSSession(
            version: .tls13,
            cipher: "",
            serverName: "open.gw.example",
            clientCertificate: trust.map {
                TLSSession.ClientCertificate(subject: "CN=reader", commonName: nil, trust: $0)
            }
        )
    }

    /// The certificate that the destination sees; `nil` if the client is denied.
    private static func seen(_ trust: CertificateTrust?, by matches: RouteMatch...)
        -> TLSSession.ClientCertificate??
    {
        switch rules.judge(session(trust), by: matches) {
        case .accepted(let session): .some(session?.clientCertificate)
        case .denied: nil
        }
    }

    @Test("A route that requires a certificate accepts those of its own authorities")
    func required() {
        #expect(Self.seen(Self.ours, by: Self.closed)??.subject == "CN=reader")
        #expect(Self.seen(nil, by: Self.closed) == nil)
        #expect(Self.seen(Self.theirs, by: Self.closed) == nil)
    }

    @Test("The same authorities with other revocation lists are others")
    func revocations() {
        #expect(Self.seen(Self.ours, by: Self.suffix) == nil)
        #expect(Self.seen(Self.strict, by: Self.suffix)??.subject == "CN=reader")
        #expect(Self.seen(Self.strict, by: Self.closed) == nil)
    }

    @Test("A certificate of another route's authorities counts for none")
    func foreign() {
        #expect(Self.seen(Self.ours, by: Self.open) == .some(nil))
        #expect(Self.seen(Self.ours, by: Self.other) == .some(nil))
        #expect(Self.seen(Self.theirs, by: Self.other)??.subject == "CN=reader")
        let session = Self.session(Self.ours)
        guard case .accepted(let shown?) = Self.rules.judge(session, by: [Self.open]) else {
            Issue.record("denied")
            return
        }
        #expect(shown.serverName == session.serverName && shown.cipher == session.cipher)
    }

    @Test("Each route that a client selects must be content")
    func several() {
        #expect(Self.seen(nil, by: Self.open, Self.closed) == nil)
        #expect(Self.seen(Self.ours, by: Self.open, Self.closed)??.subject == "CN=reader")
        #expect(Self.seen(Self.ours, by: Self.closed, Self.suffix) == nil)
    }

    @Test("A client without TLS has no certificate")
    func plain() {
        #expect(Self.rules.judge(nil, by: [Self.open]) == .accepted(nil))
        #expect(
            Self.rules.judge(nil, by: [Self.closed])
                == .denied(detail: "the client does not use TLS")
        )
    }

    @Test("Without rules, the session is as it was")
    func none() {
        let session = Self.session(Self.ours)
        #expect(CertificateRules().judge(session, by: [.default]) == .accepted(session))
    }
}
