import Addresses
import Configurations
import Operations
import Policy
import Settings
import Sockets
import TLS
import TestInputs
import Testing
import Traffic

@testable import Engine

/// A front end with `enable_https`: plain HTTP is redirected to its own HTTPS port, and loads from there
/// to a back end that speaks plain HTTP.
@Suite("Redirects to HTTPS", .timeLimit(.minutes(3)))
struct SecureRedirectTests {
    private struct Fixture {
        let front: ScriptedFrontEnd
        let secure: ScriptedFrontEnd
        let back: ScriptedFrontEnd
        let gateway: Gateway
        let log = RecordingLog()
        let address: SocketAddress

        /// - Parameters:
        ///   - host: how the secure front end is listed, and named in the redirect.
        ///   - service: changes how servers are reached.
        init(
            host: BackendAddress.Host = .ip(.v4(IPv4Address(127, 0, 0, 1))),
            service change: (inout Service) -> Void
        ) throws {
            let back = try ScriptedFrontEnd.http { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"Status\":\"Success\"}"
            }
            let identity = try TLSIdentity(
                chain: Array(TestCertificates.gateway.utf8),
                key: Array(TestCertificates.gatewayKey.utf8)
            )
            let secure = try ScriptedFrontEnd.http(
                tls: TLSServer([identity], policy: TLSPolicy(), scope: "", ticketKeys: nil)
            ) { _ in Self.redirect("http://root:secret@\(back.address)") }
            let place = BackendAddress(host: host, port: secure.address.port)
            let front = try ScriptedFrontEnd.http { _ in Self.redirect("https://\(place)") }
            address = try GatewayFixture.freeAddress()
            var service = Service(
                Service.ID(warehouse: "W", protocol: .http),
                backends: [ConfiguredBackend(Self.place(front.address))],
                healthCheck: HealthCheck(kind: .off)
            )
            service.redirects.targets = [place, Self.place(back.address)]
            change(&service)
            var listener = Listener(
                protocol: .http,
                address: address,
                timeouts: .patient,
                routes: [Settings.Route(.default, to: service, timeouts: .patient)]
            )
            listener.http.mode = .follow
            var configuration = GatewayConfiguration(
                listeners: [listener],
                warehouses: [GuardedWarehouse(id: "W", whitelist: Whitelist(mode: .anywhere))]
            )
            configuration.topology.files["ca.pem"] = Array(TestCertificates.authority.utf8)
            gateway = try Gateway(
                configuration: configuration,
                accessLog: log,
                descriptors: nil,
                report: { _ in }
            )
            (self.front, self.secure, self.back) = (front, secure, back)
            try gateway.start()
        }

        static func place(_ address: SocketAddress) -> BackendAddress {
            BackendAddress(host: .ip(address.ip), port: address.port)
        }

        private static func redirect(_ server: String) -> String {
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(server)/api/db/t/_stream_load?\r\n"
                + "Content-Length: 0\r\n\r\n"
        }

        func load() async throws -> String {
            var client = LineStream(try await GatewayFixture.client(of: address), isLayered: false)
            let head =
                "PUT /api/db/t/_stream_load HTTP/1.1\r\nHost: 127.0.0.1:8030\r\n"
                + "Connection: close\r\n\r\n"
            client.write(Array(head.utf8))
            let answer = client.readToEnd()
            client.far.socket.close()
            return String(decoding: answer, as: UTF8.self)
        }

        var reason: DenialReason? { log.records.compactMap(\.reason).last }
    }

    private static func trusting(_ serverName: String?) -> BackendTLSSettings {
        var settings = BackendTLSSettings()
        settings.authorities = "ca.pem"
        settings.serverName = serverName
        return settings
    }

    @Test(
        "A load is followed from HTTP to HTTPS, and from there to HTTP, each as the redirect says"
    )
    func followed() async throws {
        let fixture = try Fixture { $0.redirects.tls = Self.trusting("fe.gw.example") }
        let answer = try await fixture.load()
        #expect(answer.hasSuffix(#"{"Status":"Success"}"#), "\(answer)")
        #expect(fixture.front.requests.count == 1)
        #expect(fixture.secure.requests.first == "fe.gw.example")
        #expect(fixture.secure.requests.count == 2)
        #expect(
            fixture.secure.requests.last?.contains("Host: \(fixture.secure.address)\r\n") == true
        )
        #expect(fixture.back.requests.count == 1)
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("The certificate must be the server's that the redirect names")
    func verified() async throws {
        let wrong = try Fixture { $0.redirects.tls = Self.trusting(nil) }
        #expect(try await wrong.load().hasPrefix("HTTP/1.1 503 "))
        // Nothing was sent to it, and so nothing beyond it.
        #expect(wrong.secure.requests.isEmpty && wrong.back.requests.isEmpty)
        _ = await wrong.gateway.drain(within: .zero)
        // Listed by name, it is asked for by name.
        let named = try Fixture(host: .name("localhost")) { service in
            service.redirects.tls = BackendTLSSettings()
            service.redirects.tls?.verifies = false
        }
        try await eventually { try await named.load().hasSuffix(#"{"Status":"Success"}"#) }
        #expect(named.secure.requests.first == "localhost")
        _ = await named.gateway.drain(within: .zero)
    }

    @Test(
        "Without TLS settings for it, a redirect to HTTPS is refused, and the server is not dialed"
    )
    func refused() async throws {
        let fixture = try Fixture { _ in }
        #expect(try await fixture.load().hasPrefix("HTTP/1.1 502 "))
        try await eventually { fixture.reason == .redirectRefused }
        #expect(fixture.secure.requests.isEmpty)
        _ = await fixture.gateway.drain(within: .zero)
    }
}
