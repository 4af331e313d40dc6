import Addresses
import Configurations
import Operations
import Policy
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Redirects that are followed inside the gateway", .timeLimit(.minutes(3)))
struct RedirectDialingTests {
    private struct Fixture {
        let gateway: Gateway
        let log = RecordingLog()
        let events = RecordedEvents()
        let address: SocketAddress
        let configuration: GatewayConfiguration

        init(
            backends: [SocketAddress],
            targets: [BackendAddress] = [],
            sendProxyProtocol: SendProxyProtocol = .off
        ) throws {
            address = try GatewayFixture.freeAddress()
            var service = Service(
                Service.ID(warehouse: "W", protocol: .http),
                backends: backends.map {
                    ConfiguredBackend(BackendAddress(host: .ip($0.ip), port: $0.port))
                },
                healthCheck: HealthCheck(kind: .off),
                sendProxyProtocol: sendProxyProtocol
            )
            service.redirects.targets = targets
            configuration = GatewayConfiguration(
                listeners: [
                    Listener(
                        protocol: .http,
                        address: address,
                        timeouts: .patient,
                        routes: [Settings.Route(.default, to: service, timeouts: .patient)]
                    )
                ],
                warehouses: [GuardedWarehouse(id: "W", whitelist: Whitelist(mode: .anywhere))]
            )
            gateway = try Gateway(
                configuration: configuration,
                accessLog: log,
                descriptors: nil,
                assembly: Assembly(
                    prologues: { _ in [LineHead()] },
                    dialogue: { _ in LineDialogue() }
                ),
                report: { [events] event in events.add(event) }
            )
            try gateway.start()
        }

        func ask() async throws -> (answer: [UInt8]?, record: AccessRecord?) {
            let socket = try await GatewayFixture.client(of: address)
            var client = LineStream(socket, isLayered: false)
            client.write(LineProtocol.request(to: "paris", Array("hello".utf8)))
            let line = client.readLine()
            // A denied client gets an answer in HTTP.
            let answer = line?.words.first == "ok" ? client.read(line?.count ?? 0) : nil
            client.far.socket.close()
            try await eventually { gateway.activeConnections == 0 }
            let connections = { log.records.filter { $0.request == nil } }
            try await eventually { !connections().isEmpty }
            return (answer, connections().last)
        }
    }

    private static func place(_ host: String, _ address: SocketAddress) -> BackendAddress {
        BackendAddress(host: .name(host), port: address.port)
    }

    @Test("A target listed by name is dialed at the address that the name has")
    func named() async throws {
        let server = try LineServer { _ in .ok(Array("bye".utf8)) }
        let first = try LineServer { _ in
            .redirected("http://u:p@LOCALHOST:\(server.address.port)/")
        }
        let fixture = try Fixture(
            backends: [first.address],
            targets: [Self.place("localhost", server.address)]
        )
        // The name may not be resolved yet.
        var answer: [UInt8]?
        try await eventually {
            answer = try await fixture.ask().answer
            return answer != nil
        }
        #expect(answer == Array("bye".utf8))
        #expect(server.requests.map(\.body) == [Array("hello".utf8)])
        #expect(first.requests.isEmpty)
        try await eventually {
            fixture.log.records.contains { $0.request != nil && $0.backend == server.address }
        }
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A server that is not listed is not dialed, and the refusal is reported once")
    func refused() async throws {
        let server = try LineServer { _ in .ok([]) }
        let location = "http://secret:word@\(server.address)/"
        let first = try LineServer { _ in .redirected(location) }
        let fixture = try Fixture(backends: [first.address])
        for _ in 0..<3 {
            let (answer, record) = try await fixture.ask()
            #expect(answer == nil)
            #expect(record?.reason == .redirectRefused)
            #expect(
                record?.detail
                    == "\(server.address) is not among the redirect targets of http of W"
            )
        }
        #expect(server.requests.isEmpty)
        let target = RedirectTarget(
            host: "127.0.0.1",
            port: server.address.port,
            usesTLS: false
        )
        let reported = fixture.events.all
        #expect((1...3).contains(reported.count))
        #expect(
            reported.first
                == .redirectRefused(
                    service: Service.ID(warehouse: "W", protocol: .http),
                    backend: first.address.description,
                    target: target,
                    reason: .notListed
                )
        )
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A target that does not listen is not replaced by another one")
    func unreachable() async throws {
        let nobody = try GatewayFixture.freeAddress()
        let first = try LineServer { _ in .redirected("http://\(nobody)/") }
        let second = try LineServer { _ in .redirected("http://\(nobody)/") }
        let fixture = try Fixture(
            backends: [first.address, second.address],
            targets: [BackendAddress(host: .ip(nobody.ip), port: nobody.port)]
        )
        let (answer, record) = try await fixture.ask()
        #expect(answer == nil)
        #expect(record?.reason == .noBackend)
        #expect(record?.detail.contains("\(nobody): connection refused") == true)
        let status = fixture.gateway.status().listeners[0]
        #expect(status.backends.allSatisfy { $0.activeConnections == 0 })
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A target is the same after a reload, and gets no PROXY header")
    func reloaded() async throws {
        let server = try LineServer { _ in .ok(Array("bye".utf8)) }
        let first = try LineServer { _ in .redirected("http://\(server.address)/") }
        let fixture = try Fixture(
            backends: [first.address],
            targets: [BackendAddress(host: .ip(server.address.ip), port: server.address.port)]
        )
        _ = try await fixture.ask()
        try fixture.gateway.reload(to: fixture.configuration)
        #expect(try await fixture.ask().answer == Array("bye".utf8))
        let target = fixture.gateway.inventory.withLock {
            $0.redirects.values.first?.backends.first
        }
        #expect(target?.status.connections == 2)
        #expect(target?.activeConnections == 0)
        _ = await fixture.gateway.drain(within: .zero)
    }
}
