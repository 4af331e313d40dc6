/// A real HAProxy in TCP mode, that sends or receives PROXY headers.
final class HAProxyServer: Sendable {
    let endpoint: Endpoint
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// - Parameters:
    ///   - bind: what follows the address in the `bind` line, `accept-proxy` for instance.
    ///   - server: what follows the address in the `server` line, `send-proxy-v2` for instance.
    ///   - settings: further lines of the `listen` section.
    init(
        to backend: Endpoint,
        host: String = "127.0.0.1",
        bind: String = "",
        server: String = "",
        settings: [String] = []
    ) throws {
        endpoint = try .free(host)
        folder = try TemporaryFolder()
        let file = try folder.write(
            """
            global
                nbthread 1
                maxconn 500
            defaults
                mode tcp
                timeout connect 10s
                timeout client 60s
                timeout server 60s
            listen relay
                bind \(endpoint) \(bind)
                \(settings.joined(separator: "\n    "))
                server backend \(backend) \(server)

            """,
            to: "haproxy.cfg"
        )
        process = try ChildProcess("haproxy", ["-db", "-f", file], folder: folder)
        try process.waitUntilListening(at: endpoint)
    }
}

extension HAProxyServer {
    /// One that makes a plain client's connection a TLS connection to `endpoint`, and verifies the
    /// certificate.
    convenience init(
        securelyTo endpoint: Endpoint,
        name: String,
        trusting authority: CertificateAuthority
    ) throws {
        try self.init(
            to: endpoint,
            server: """
                ssl sni str(\(name)) verify required verifyhost \(name) \
                ca-file \(authority.certificate)
                """
        )
    }
}
