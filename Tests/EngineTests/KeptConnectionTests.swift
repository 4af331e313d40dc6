import Addresses
import Configurations
import Operations
import Policy
import SeededRandom
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Dialogues, and connections that are kept for more requests", .timeLimit(.minutes(3)))
struct KeptConnectionTests {
    /// A gateway whose clients and servers speak ``LineProtocol``.
    private struct Fixture {
        let gateway: Gateway
        let log = RecordingLog()
        let address: SocketAddress
        let configuration: GatewayConfiguration
        let isLayered: Bool

        /// - Parameter hosts: the servers of each host; they are a service of a warehouse of their own.
        ///   The first host's has all clients that ask for no other's.
        init(
            _ hosts: [(String, [SocketAddress])],
            isLayered: Bool,
            configure: (inout GatewayConfiguration) -> Void = { _ in }
        ) throws {
            address = try GatewayFixture.freeAddress()
            self.isLayered = isLayered
            let routes = hosts.enumerated().map { index, host in
                Route(
                    index == 0 ? .default : .host(host.0),
                    to: Service(
                        Service.ID(warehouse: host.0, protocol: .tcp),
                        backends: host.1.map {
                            ConfiguredBackend(BackendAddress(host: .ip($0.ip), port: $0.port))
                        },
                        healthCheck: HealthCheck(kind: .off)
                    ),
                    timeouts: .patient
                )
            }
            let listener = Listener(
                protocol: .tcp,
                address: address,
                timeouts: .patient,
                routes: routes
            )
            var configuration = GatewayConfiguration(
                listeners: [listener],
                warehouses: hosts.map {
                    GuardedWarehouse(id: $0.0, whitelist: Whitelist(mode: .anywhere))
                }
            )
            configure(&configuration)
            self.configuration = configuration
            let layer: Assembly.Carrier = { RecordLayer($0) }
            let carrier = isLayered ? layer : nil
            gateway = try Gateway(
                configuration: configuration,
                accessLog: log,
                descriptors: nil,
                assembly: Assembly(
                    clientCarrier: { _ in carrier },
                    backendCarrier: { _ in carrier },
                    prologues: { _ in [LineHead()] },
                    dialogue: { _ in LineDialogue() }
                ),
                report: { _ in }
            )
            try gateway.start()
        }

        func client() async throws -> LineStream {
            LineStream(try await GatewayFixture.client(of: address), isLayered: isLayered)
        }

        /// The records of the connections, without those of their requests.
        var connections: [AccessRecord] { log.records.filter { $0.request == nil } }
        var requests: [AccessRecord] { log.records.filter { $0.request != nil } }

        /// Waits until nothing is counted any more.
        func isIdle() async throws {
            try await eventually { gateway.activeConnections == 0 }
            for listener in gateway.status().listeners {
                #expect(listener.activeConnections == 0)
                #expect(listener.backends.allSatisfy { $0.activeConnections == 0 })
            }
        }
    }

    @Test(
        "A server's redirect is followed inside the gateway",
        arguments: [false, true]
    )
    func moved(isLayered: Bool) async throws {
        let second = try LineServer(isLayered: isLayered) { .ok($0.host.utf8.reversed()) }
        let first = try LineServer(isLayered: isLayered) { _ in .moved(second.address) }
        let fixture = try Fixture(
            [("paris", [first.address, second.address])],
            isLayered: isLayered
        ) { configuration in
            // All clients come to the first one.
            configuration.topology.listeners[0].routes[0].service.backends[1].isBackup = true
        }
        var client = try await fixture.client()
        client.write(LineProtocol.request(to: "paris", Array("hello".utf8)))
        #expect(client.readLine()?.words == ["ok", "5"])
        #expect(client.read(5) == Array("sirap".utf8))
        client.end()
        #expect(client.readToEnd() == [])
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(fixture.connections[0].end == .finished)
        #expect(fixture.connections[0].verdict == .allow)
        #expect(fixture.requests.map(\.backend) == [second.address])
        #expect(first.requests.isEmpty)
        #expect(second.requests.map(\.body) == [Array("hello".utf8)])
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test(
        "A redirect to nowhere or in a circle denies the client",
        arguments: [false, true]
    )
    func lost(isCircle: Bool) async throws {
        let nobody = try GatewayFixture.freeAddress()
        let addresses = Locked<[SocketAddress]>([])
        let server = try LineServer { _ in
            .moved(isCircle ? addresses.withLock { $0[0] } : nobody)
        }
        addresses.withLock { $0 = [server.address] }
        let fixture = try Fixture([("paris", [server.address])], isLayered: false)
        var client = try await fixture.client()
        client.write(LineProtocol.request(to: "paris", []))
        _ = client.readToEnd()
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(fixture.connections[0].reason == .noBackend)
        #expect(fixture.connections[0].detail.contains(isCircle ? "moved too often" : "\(nobody)"))
        #expect(fixture.requests.isEmpty)
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test(
        "Requests of any size, written in any pieces, are answered in order on one connection",
        arguments: [false, true],
        SeededGenerator.seeds
    )
    func requests(isLayered: Bool, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let server = try LineServer(isLayered: isLayered) { .ok($0.host.utf8.reversed()) }
        let fixture = try Fixture([("paris", [server.address])], isLayered: isLayered)
        var client = try await fixture.client()
        let bodies = (0..<12).map { number in
            let count =
                Bool.random(using: &random) ? Int.random(in: 0..<200_000, using: &random) : 0
            return (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
        }
        // One after the other, or several behind each other before the first answer.
        var isAnswered = 0
        for (number, body) in bodies.enumerated() {
            var bytes = LineProtocol.request(to: "host\(number)", body)[...]
            while !bytes.isEmpty {
                let piece = Int.random(in: 1...bytes.count, using: &random)
                client.write(Array(bytes.prefix(piece)))
                bytes = bytes.dropFirst(piece)
            }
            guard Bool.random(using: &random) || number == bodies.count - 1 else { continue }
            for answered in isAnswered...number {
                let expected = Array("host\(answered)".utf8.reversed())
                #expect(client.readLine()?.count == expected.count)
                #expect(client.read(expected.count) == expected, "seed \(seed)")
            }
            isAnswered = number + 1
        }
        client.end()
        #expect(client.readToEnd() == [])
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(server.requests.map(\.body) == bodies)
        #expect(Set(server.requests.map(\.connection)) == [1])
        let record = fixture.connections[0]
        #expect(record.end == .finished)
        #expect(record.requestCount == 12)
        #expect(fixture.requests.map(\.request?.number) == (1...12).map { $0 })
        #expect(fixture.requests.map(\.request?.http.method) == (0..<12).map { "host\($0)" })
        #expect(fixture.requests.map(\.bytesIn).reduce(0, +) == record.bytesIn)
        #expect(fixture.requests.map(\.bytesOut).reduce(0, +) == record.bytesOut)
        for (record, body) in zip(fixture.requests, bodies) where body.count > 0 {
            #expect(record.bytesIn > body.count && record.bytesIn < body.count + 100)
        }
        #expect(fixture.gateway.status().listeners.map(\.admitted) == [1])
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test(
        "A server that closes between two requests is replaced transparently",
        arguments: [false, true]
    )
    func closed(isLayered: Bool) async throws {
        let server = try LineServer(isLayered: isLayered) { .okAndClose($0.host.utf8.reversed()) }
        let fixture = try Fixture([("paris", [server.address])], isLayered: isLayered)
        var client = try await fixture.client()
        for number in 1...20 {
            client.write(LineProtocol.request(to: "paris", Array("\(number)".utf8)))
            #expect(client.readLine()?.count == 5)
            #expect(client.read(5) == Array("sirap".utf8))
        }
        client.end()
        #expect(client.readToEnd() == [])
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(fixture.connections[0].requestCount == 20)
        #expect(Set(server.requests.map(\.connection)).count == 20)
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("The next request may go to another service, which counts and judges it")
    func anotherService() async throws {
        let paris = try LineServer { _ in .ok([1]) }
        let rome = try LineServer { _ in .ok([2]) }
        let fixture = try Fixture(
            [("paris", [paris.address]), ("rome", [rome.address]), ("oslo", [rome.address])],
            isLayered: false
        ) { configuration in
            configuration.policy.warehouses["oslo"]?.whitelist = Whitelist(mode: .nowhere)
        }
        var client = try await fixture.client()
        for (host, answer) in [("paris", 1), ("rome", 2), ("rome", 2), ("paris", 1), ("rome", 2)] {
            client.write(LineProtocol.request(to: host, []))
            #expect(client.readLine()?.count == 1)
            #expect(client.read(1) == [UInt8(answer)])
            let active = fixture.gateway.status().listeners.filter { $0.activeConnections > 0 }
            #expect(active.map(\.warehouse) == [host])
            #expect(active.flatMap(\.backends).map(\.activeConnections) == [1])
        }
        client.write(LineProtocol.request(to: "oslo", []))
        #expect(client.readToEnd() == [])
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(fixture.requests.map(\.warehouse) == ["paris", "rome", "rome", "paris", "rome"])
        #expect(fixture.connections[0].reason == .linkClosed)
        #expect(fixture.connections[0].warehouse == "oslo")
        #expect(rome.requests.count == 3)
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A forged header in front of a later request reaches no server")
    func forged() async throws {
        let server = try LineServer { _ in .ok([1]) }
        let fixture = try Fixture([("paris", [server.address])], isLayered: false)
        var client = try await fixture.client()
        let forgery = Array("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n".utf8)
        client.write(
            LineProtocol.request(to: "paris", [7]) + forgery
                + LineProtocol.request(to: "paris", [])
        )
        _ = client.readToEnd()
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(fixture.connections[0].reason == .unexpectedProxyHeader)
        #expect(fixture.requests.count == 1)
        #expect(server.requests.map(\.body) == [[7]])
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A later request is judged by the policy of its moment")
    func policy() async throws {
        let server = try LineServer { _ in .ok([1]) }
        let fixture = try Fixture([("paris", [server.address])], isLayered: false)
        var client = try await fixture.client()
        client.write(LineProtocol.request(to: "paris", []))
        #expect(client.readLine()?.count == 1)
        #expect(client.read(1) == [1])
        var changed = fixture.configuration
        changed.policy.warehouses["paris"]?.whitelist = Whitelist(mode: .nowhere)
        changed.topology.warehouses[0].whenRevoked = .keep
        try fixture.gateway.reload(to: changed)
        client.write(LineProtocol.request(to: "paris", []))
        #expect(client.readToEnd() == [])
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        #expect(fixture.connections[0].reason == .linkClosed)
        #expect(server.requests.count == 1)
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test(
        "A connection of which no next request comes ends as idle; one that stops in its line, as late"
    )
    func silence() async throws {
        for (rest, end, reason) in [
            ("", .idleTimeout, nil), ("par", .denied, .proxyHeaderTimeout),
        ] as [(String, ConnectionEnd, DenialReason?)] {
            var (isAnswered, record) = try await Self.silence(after: rest, .milliseconds(300))
            // A machine that stood still needs more time to say so much.
            for seconds in [3, 20] where !isAnswered || record.end != end {
                (isAnswered, record) = try await Self.silence(after: rest, .seconds(seconds))
            }
            #expect(isAnswered)
            #expect(record.end == end)
            #expect(record.reason == reason)
        }
    }

    /// A connection on which only `rest` follows the first request.
    ///
    /// - Parameter timeout: for a request's line, and for the next one to begin.
    /// - Returns: whether the first one was answered, and the connection's record.
    private static func silence(
        after rest: String,
        _ timeout: Duration
    ) async throws -> (isAnswered: Bool, AccessRecord) {
        let server = try LineServer { _ in .ok([1]) }
        let fixture = try Fixture([("paris", [server.address])], isLayered: false) {
            configuration in
            configuration.topology.listeners[0].routes[0].timeouts.idle = timeout
            configuration.topology.listeners[0].routes[0].timeouts.header = timeout
        }
        var client = try await fixture.client()
        client.write(LineProtocol.request(to: "paris", []))
        let count = client.readLine()?.count
        let isAnswered = count == 1 && client.read(1) == [1]
        client.write(Array(rest.utf8))
        let others = client.readToEnd()
        #expect(others == [] || !isAnswered)
        client.far.socket.close()
        try await eventually { fixture.connections.count == 1 }
        let record = fixture.connections[0]
        try await fixture.isIdle()
        _ = await fixture.gateway.drain(within: .zero)
        return (isAnswered, record)
    }
}
