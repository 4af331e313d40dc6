/// A gateway that ends TLS in front of one HTTP server, whose listeners differ in their TLS.
struct TLSGate {
    static let domain = "gw.example"

    let authority: CertificateAuthority
    /// For the domain and every name below; shown to those that ask for no other.
    let standard: CertificateAuthority.Pair
    /// For one name below the domain.
    let exact: CertificateAuthority.Pair
    let server: NginxServer
    private(set) var file: GatewayFile
    let sluice: SluiceProcess

    /// - Parameter modes: what follows `tls:`, by listener.
    init(
        _ modes: [String],
        service: String = "http",
        to backend: Endpoint? = nil,
        server directives: String = #"return 200 "hello\n";"#,
        settings: [String] = [],
        whitelist: String? = nil
    ) throws {
        authority = try CertificateAuthority.shared.get()
        standard = try authority.issue(
            Self.domain,
            names: ["DNS:\(Self.domain)", "DNS:*.\(Self.domain)"]
        )
        exact = try authority.issue("exact.\(Self.domain)", key: .rsa)
        let server = try NginxServer(directives)
        self.server = server
        file = GatewayFile()
        file.listeners = try modes.map { mode in
            let keys = mode.isEmpty ? [] : ["tls: \(mode)"]
            return try ListenerFile(
                service,
                to: backend ?? server.endpoint,
                settings: keys + settings
            )
        }
        if let whitelist { file.whitelist = whitelist }
        file.settings = Self.settings([standard, exact])
        sluice = try SluiceProcess(file)
    }

    static func settings(_ pairs: [CertificateAuthority.Pair]) -> [String] {
        [
            "domain: \(domain)",
            "tls: { certificates: [ \(pairs.map(\.yaml).joined(separator: ", ")) ] }",
        ]
    }

    func listen(_ number: Int = 0) -> Endpoint { file.listeners[number].listen }

    /// The handshake of `openssl s_client`, which verifies the certificate.
    func shakeHands(
        _ name: String? = domain,
        at number: Int = 0,
        _ arguments: [String] = [],
        request: String? = nil
    ) throws -> OpenSSLClient.Answer {
        try OpenSSLClient.connect(
            to: listen(number),
            name: name,
            ["-CAfile", authority.certificate] + arguments,
            request: request
        )
    }

    func get(
        _ path: String = "/",
        of name: String = domain,
        at number: Int = 0,
        _ arguments: [String] = []
    ) throws -> Curl.Answer {
        try Curl.getSecurely(path, of: name, at: listen(number), trusting: authority, arguments)
    }
}
