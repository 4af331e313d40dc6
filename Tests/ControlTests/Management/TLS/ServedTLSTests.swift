import Addresses
import Foundation
import Operations
import Settings
import Synchronization
import Testing
import Time

@testable import Control

@Suite("The management address with TLS", .timeLimit(.minutes(2)))
struct ServedTLSTests {
    /// Runs `test` while a server has the certificate `a`.
    private func serve(
        limits: ManagementLimits = ManagementLimits(),
        _ test:
            @escaping @Sendable (ServedManagement, TestCertificates, ManagementCertificate)
            async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        let certificate = try certificates.served("a")
        let routes = ServedManagement.routes(of: FixedGateway(state: GatewayStatus()))
        try await ServedManagement.run(routes, limits: limits, certificate: certificate) { server in
            try await test(server, certificates, certificate)
        }
    }

    private static func client(
        of server: ServedManagement,
        scheme: String = "https",
        _ trust: ManagementTrust
    ) throws -> ManagementClient {
        let address = try ManagementAddress(parsing: "\(scheme)://127.0.0.1:\(server.port)")
        return ManagementClient(ManagementTarget(address).trusting(by: trust))
    }

    private static func failure(_ client: ManagementClient) async throws -> ManagementClientError {
        try #require(
            await #expect(throws: ManagementClientError.self) { _ = try await client.status() }
        )
    }

    @Test("A client that has pinned the certificate, or trusts it as an authority, is answered")
    func trusted() async throws {
        try await serve { server, certificates, _ in
            let pin = ManagementTrust.pinned(try certificates.fingerprint("a"))
            let file = ManagementTrust.authorities(file: certificates.files("a").certificate)
            for trust in [pin, file] {
                let status = try await Self.client(of: server, trust).status().value
                #expect(status.phase == .running)
            }
        }
    }

    @Test("A client refuses another certificate before it sends its key, and names both")
    func otherCertificate() async throws {
        try await serve { server, certificates, _ in
            let (own, other) = (
                try certificates.fingerprint("a"), try certificates.fingerprint("b")
            )
            let error = try await Self.failure(Self.client(of: server, .pinned(other)))
            #expect(error.description.contains("expected \(other)"))
            #expect(error.description.contains("found \(own)"))
            #expect(error.description.contains("it was replaced, or someone"))
        }
    }

    @Test("A certificate that nobody vouches for is refused, with the remedy")
    func untrusted() async throws {
        try await serve { server, certificates, _ in
            let authorities = ManagementTrust.authorities(
                file: try Self.path(certificates, "b")
            )
            for trust in [ManagementTrust.system, authorities] {
                let error = try await Self.failure(Self.client(of: server, trust))
                guard case .untrustedCertificate(_, .hasNoAuthority, _) = error else { throw error }
                #expect(
                    error.description.contains("or has expired (pin it with sluice context add")
                )
                #expect(error.description.contains("--ca FILE") == (trust == .system))
            }
            let address = try ManagementAddress(parsing: "https://127.0.0.1:\(server.port)")
            let found = try await ManagementClient.certificateToPin(at: address)
            #expect(try found?.fingerprint == certificates.fingerprint("a"))
            #expect(found?.problem == .hasNoAuthority)
        }
    }

    @Test("A certificate for the address that a name has is not one for the name")
    func otherName() async throws {
        let certificates = try TestCertificates()
        let authority = try TestAuthority()
        try authority.write(certificates.files("issued"), for: ["127.0.0.1", "gateway.test"])
        let served = try ServerCertificate(certificates.files("issued"), isSelfSigned: false)
        let certificate = ManagementCertificate(served, logger: ServedManagement.logger)
        let routes = ServedManagement.routes(of: FixedGateway(state: GatewayStatus()))
        let trust = ManagementTrust.authorities(file: authority.file)
        try await ServedManagement.run(routes, certificate: certificate) { server in
            let byAddress = try Self.client(of: server, trust)
            #expect(try await byAddress.status().value.phase == .running)
            let name = try ManagementAddress(parsing: "https://localhost:\(server.port)")
            let byName = ManagementClient(ManagementTarget(name).trusting(by: trust))
            let error = try await Self.failure(byName)
            guard case .untrustedCertificate = error else { throw error }
            #expect(error.description.contains("is not for localhost (use a name"))
        }
    }

    @Test("Names match in any case, and a star stands for one label")
    func names() {
        for (host, pattern, isMatch) in [
            ("a.example", "A.Example", true), ("a.example.", "a.example", true),
            ("a.b.example", "*.b.example", true), ("b.example", "*.b.example", false),
            ("x.a.b.example", "*.b.example", false), (".b.example", "*.b.example", false),
            ("a.example", "*", false), ("a.b.example", "a.*.example", false),
            ("ab.example", "a*.example", false), ("a.example.evil", "a.example", false),
        ] { #expect(CertificateNames.matches(host, pattern) == isMatch, "\(host) \(pattern)") }
    }

    private static func path(_ certificates: TestCertificates, _ name: String) throws -> String {
        try certificates.make(name)
        return certificates.files(name).certificate
    }

    @Test("Plain HTTP is refused in its own terms, and the connection closes")
    func plainHTTP() async throws {
        try await serve { server, _, _ in
            let answer = try await server.ask("GET", "/healthz")
            #expect(answer.status == 400 && answer.body.contains("https://"))
            let client = try Self.client(of: server, scheme: "http", .system)
            let error = try await Self.failure(client)
            #expect(error.description.contains("use https://127.0.0.1:\(server.port)"), "\(error)")
        }
    }

    @Test("A client that speaks TLS to plain HTTP is told so")
    func noTLS() async throws {
        try await ServedManagement.run { server in
            let error = try await Self.failure(Self.client(of: server, .system))
            #expect(error.description.contains("does not speak TLS"), "\(error)")
        }
    }

    @Test(
        "A handshake that takes too long ends by its own deadline",
        arguments: ["", "\u{16}", "\u{16}\u{3}\u{1}\u{2}"]
    )
    func slowHandshake(bytes: String) async throws {
        var limits = ManagementLimits()
        limits.handshake = .milliseconds(100)
        (limits.idle, limits.lifetime) = (.seconds(3_600), .seconds(3_600))
        try await serve(limits: limits) { server, _, _ in
            let answer = try await onOwnThread {
                let client = try RawClient(port: server.port)
                client.send(bytes)
                return try client.receive()
            }
            #expect(answer.isEmpty)
        }
    }

    @Test("1,000 half-open handshakes do not keep a good client out, nor hold more than the places")
    func halfOpen() async throws {
        var limits = ManagementLimits()
        limits.connections = 16
        (limits.handshake, limits.idle) = (.seconds(3_600), .seconds(3_600))
        limits.lifetime = .seconds(3_600)
        try await serve(limits: limits) { server, certificates, _ in
            let crowd = try await onOwnThread {
                try (0..<1_000).map { _ in
                    let client = try RawClient(port: server.port)
                    client.send("\u{16}\u{3}\u{1}\u{2}")
                    return client
                }
            }
            // Whoever lost a place was closed at once, without a farewell that it would have to answer.
            try await onOwnThread { try RawClient.wait(for: 1_000 - 16, of: crowd) }
            // The others have all places now.
            let pin = ManagementTrust.pinned(try certificates.fingerprint("a"))
            #expect(try await Self.client(of: server, pin).status().value.phase == .running)
        }
    }

    @Test("A new certificate serves new connections; streams that are open stay so")
    func reload() async throws {
        try await serve { server, certificates, certificate in
            let (a, b) = (try certificates.fingerprint("a"), try certificates.fingerprint("b"))
            let (pieces, arrived) = AsyncStream.makeStream(of: Void.self)
            let isOpen = Mutex(true)
            let stream = Task {
                defer { isOpen.withLock { $0 = false } }
                try await Self.client(of: server, .pinned(a)).stream(.get("v1/events")) { _ in
                    arrived.yield()
                }
            }
            defer { stream.cancel() }
            #expect(await pieces.first { _ in true } != nil)
            let loaded = certificate.staging(certificates.loaded(certificates.files("b")))
            #expect(loaded.configuration != nil)
            #expect(try await Self.client(of: server, .pinned(a)).status().value.phase == .running)
            certificate.finishReload(succeeded: true)
            #expect(try await Self.client(of: server, .pinned(b)).status().value.phase == .running)
            let error = try await Self.failure(Self.client(of: server, .pinned(a)))
            guard case .otherCertificate = error else { throw error }
            #expect(isOpen.withLock { $0 })
        }
    }

    @Test("A pair that cannot be used, and a reload that fails otherwise, change nothing")
    func failedReload() async throws {
        let certificates = try TestCertificates()
        let certificate = try certificates.served("a")
        let before = certificate.status
        try certificates.make("b")
        let (a, b) = (certificates.files("a"), certificates.files("b"))
        let mixed = certificate.staging(
            certificates.loaded(.init(certificate: a.certificate, key: b.key))
        )
        #expect(mixed.configuration == nil && mixed.topology == nil)
        #expect(mixed.faults.map(\.path) == ["management.tls"])
        certificate.finishReload(succeeded: true)
        #expect(certificate.status == before)
        #expect(certificate.staging(certificates.loaded(b)).configuration != nil)
        certificate.finishReload(succeeded: false)
        certificate.finishReload(succeeded: true)
        #expect(certificate.status == before)
    }

    @Test("The certificate is in the status and among the metrics")
    func status() async throws {
        let certificates = try TestCertificates()
        let status = try certificates.make("a").certificate.status
        let gateway = FixedGateway(state: GatewayStatus())
        var routes = ServedManagement.routes(of: gateway)
        routes.plane = ControlPlane(gateway, routes.writer, certificate: { status })
        try await ServedManagement.run(routes) { server in
            let client = try Self.client(of: server, scheme: "http", .system)
            #expect(try await client.status().value.managementCertificate == status)
            let name = "sluice_management_certificate_expiry_timestamp_seconds"
            let metrics = try await server.get("/metrics").body
            #expect(metrics.contains("\n\(name) \(status.expiresAt.seconds)\n"))
        }
    }

    @Test("Sessions of browsers get a cookie for HTTPS only if the address has TLS")
    func cookie() {
        #expect(SessionCookie(isSecure: true).field(token: "t").contains("; Secure"))
        #expect(SessionCookie(isSecure: true).name == "__Host-sluice")
        #expect(!SessionCookie(isSecure: false).field(token: "t").contains("Secure"))
    }
}
