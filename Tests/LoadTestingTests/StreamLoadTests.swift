import Addresses
import ProxyProtocol
import Sockets
import Synchronization
import Testing

@testable import LoadTesting

@Suite struct StreamLoadTests {
    @Test(arguments: [1, 64, 65_521, 1 << 20])
    func echoesAndComparesEveryByte(size: Int) throws {
        let server = try ScriptedServer { peer in
            while let bytes = peer.read() { peer.write(bytes) }
        }
        let plan = LoadPlan.brief(connections: 2, operations: 6)
        let tally = try LoadRun(.stream(.echo(byteCount: size)), on: server.address, plan: plan)
            .perform().tally
        #expect(tally.completedInTime == 6)
        #expect(tally.failures.total == 0)
        #expect(tally.bytesReceived == 6 * size)
        #expect(tally.bytesSent == 6 * size)
    }

    @Test func seesAByteThatWasChanged() throws {
        let server = try ScriptedServer { peer in
            while var bytes = peer.read() {
                bytes[bytes.count / 2] ^= 1
                peer.write(bytes)
            }
        }
        let plan = LoadPlan.brief(connections: 1, operations: 3)
        let tally = try LoadRun(.stream(.echo(byteCount: 1_000)), on: server.address, plan: plan)
            .perform().tally
        #expect(tally.failures[.badResponse] == 3)
    }

    @Test func uploadsAllAndWaitsForTheEnd() throws {
        let received = Mutex(0)
        let server = try ScriptedServer { peer in
            while let bytes = peer.read() { received.withLock { $0 += bytes.count } }
        }
        let plan = LoadPlan.brief(connections: 2, operations: 4)
        let tally = try LoadRun(
            .stream(.upload(byteCount: 3 << 20)),
            on: server.address,
            plan: plan
        )
        .perform().tally
        #expect(tally.completedInTime == 4)
        #expect(received.withLock { $0 } == 4 * 3 << 20)
        #expect(server.acceptedCount == 4)
    }

    @Test func downloadsSoManyBytesOrAll() throws {
        let server = try ScriptedServer { peer in
            guard let request = peer.read() else { return }
            peer.write([UInt8](repeating: 1, count: request.count * 100_000))
        }
        for size in [nil, 250_000] {
            let exchange = StreamExchange.download(byteCount: size, request: Array("get".utf8))
            let plan = LoadPlan.brief(connections: 1, operations: 3)
            let tally = try LoadRun(.stream(exchange), on: server.address, plan: plan).perform()
                .tally
            #expect(tally.completedInTime == 3)
            #expect(tally.bytesReceived >= 3 * (size ?? 300_000))
        }
    }

    @Test func missesWhatADownloadDoesNotBring() throws {
        let server = try ScriptedServer { $0.write("short") }
        let exchange = StreamExchange.download(byteCount: 100, request: [])
        let plan = LoadPlan.brief(connections: 1, operations: 3)
        let tally = try LoadRun(.stream(exchange), on: server.address, plan: plan).perform().tally
        #expect(tally.failures[.closedEarly] == 3)
        #expect(tally.failures.detail(of: .closedEarly) == "95 of 100 bytes are missing")
    }

    @Test(arguments: [false, true])
    func countsConnections(closesWithReset: Bool) throws {
        let server = try ScriptedServer { peer in
            peer.write("hello")
            while peer.read() != nil {}
        }
        let exchange = ConnectExchange(proof: .firstByte, closesWithReset: closesWithReset)
        let plan = LoadPlan.brief(operations: 100)
        let tally = try LoadRun(.connect(exchange), on: server.address, plan: plan).perform().tally
        #expect(tally.completedInTime == 100)
        #expect(tally.connects.count == 100)
        #expect(tally.bytesReceived == 500)
    }

    /// Nothing is awaited: the connection ends soon after the header is out.
    @Test func sendsTheProxyHeaderOfAConnectionThatEndsAtOnce() throws {
        let received = Counter()
        let server = try ScriptedServer { peer in
            if let bytes = peer.read(), Self.source(of: bytes) != nil { received.add() }
            while peer.read() != nil {}
        }
        var plan = LoadPlan.brief(operations: 100)
        plan.clients = ClientAddresses([try CIDRBlock(parsing: "198.18.0.0/15")])
        let exchange = ConnectExchange(proof: .open(for: .zero))
        let tally = try LoadRun(.connect(exchange), on: server.address, plan: plan).perform().tally
        #expect(tally.completedInTime == 100)
        for _ in 0..<60_000 where received.value < 100 { sleepForAMillisecond() }
        #expect(received.value == 100)
    }

    @Test func handsTheProxyHeaderToTheSystemBeforeAReset() throws {
        let server = try ScriptedServer { peer in
            while peer.read() != nil {}
        }
        var plan = LoadPlan.brief(operations: 100)
        plan.clients = ClientAddresses([try CIDRBlock(parsing: "198.18.0.0/15")])
        let exchange = ConnectExchange(proof: .open(for: .zero), closesWithReset: true)
        let tally = try LoadRun(.connect(exchange), on: server.address, plan: plan).perform().tally
        #expect(tally.completedInTime == 100)
        // 16 bytes and two IPv4 addresses with their ports.
        #expect(tally.bytesSent == 100 * 28)
    }

    @Test func countsALostConnectionWhenItIsLostAndNotWhenItWasOpened() throws {
        let lost = Counter()
        let server = try ScriptedServer { peer in
            for _ in 0..<700 { sleepForAMillisecond() }
            peer.close()
            lost.add()
        }
        var plan = LoadPlan.brief(connections: 5)
        plan.warmUp = .milliseconds(300)
        let run = LoadRun(
            .idle,
            on: server.address,
            plan: plan,
            stoppingWhen: aSecondAfter { lost.value >= 5 }
        )
        let tally = try run.perform().tally
        #expect(tally.failures[.closedEarly] >= 5)
        #expect(tally.warmUpFailures.total == 0)
    }

    @Test func holdsIdleConnectionsAndOpensThoseAgainThatAreLost() throws {
        let server = try ScriptedServer { peer in
            if peer.number >= 3 { while peer.read() != nil {} }
        }
        let run = LoadRun(
            .idle,
            on: server.address,
            plan: .brief(connections: 20),
            stoppingWhen: aSecondAfter { server.acceptedCount >= 23 }
        )
        let measured = try MeasuredRun(run)
        #expect(measured.openConnectionCount == 20)
        #expect(measured.result.tally.failures[.closedEarly] == 3)
        #expect(server.acceptedCount == 23)
    }

    @Test func saysInAProxyHeaderWhoTheClientIs() throws {
        let headers = Mutex<[SocketAddress]>([])
        let server = try ScriptedServer { peer in
            guard let bytes = peer.readHead(), let source = Self.source(of: bytes) else { return }
            headers.withLock { $0.append(source) }
            peer.write(ScriptedPeer.answer)
            peer.serve()
        }
        var plan = LoadPlan.brief(connections: 3, operations: 30)
        plan.clients = ClientAddresses([
            try CIDRBlock(parsing: "198.18.0.0/30"), try CIDRBlock(parsing: "192.0.2.7/32"),
        ])
        let tally = try LoadRun(.http(), on: server.address, plan: plan).perform().tally
        #expect(tally.completedInTime == 30)
        let sources = headers.withLock { $0 }.map { "\($0.ip)" }.sorted()
        #expect(sources == ["192.0.2.7", "198.18.0.0", "198.18.0.1"])
    }

    private static func source(of bytes: [UInt8]) -> SocketAddress? {
        guard case .complete(let header, _) = try? ProxyHeader.decode(bytes, limit: 536) else {
            return nil
        }
        guard case .ip(let source, _) = header.endpoints else { return nil }
        return source
    }
}
