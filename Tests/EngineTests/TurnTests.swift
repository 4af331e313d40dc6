import Addresses
import Operations
import Policy
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Turns: how many bytes a connection moves before others")
struct TurnTests {
    @Test("A direction stops at its limit, and continues from there")
    func limit() throws {
        let tools = RelayTools(scratchByteCount: 4_096, pipeByteCount: 65_536)
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        source.outer.writeAll([UInt8](repeating: 7, count: 40_000))
        source.outer.shutdownWrite()
        var (from, to) = (Side(source.inner), Side(destination.inner))
        from.record(try source.inner.endEvent())
        to.isWritable = true
        var flow = Flow()
        #expect(flow.move(from: &from, to: &to, with: tools, limit: 4_096) == .turnIsOver)
        #expect(flow.byteCount == 4_096)
        // From here on it splices: what a splice brings is limited too.
        #expect(flow.move(from: &from, to: &to, with: tools, limit: 10_000) == .turnIsOver)
        #expect(flow.isSplicing)
        #expect(flow.byteCount >= 14_096)
        #expect(flow.byteCount < 24_096)
        #expect(!flow.hasPending, "what was read is passed on before the turn ends")
        #expect(flow.move(from: &from, to: &to, with: tools) == .endOfStream)
        #expect(flow.byteCount == 40_000)
        flow.close(with: tools)
    }

    @Test("First come, first served; and nothing is lost while others come")
    func queue() {
        var queue = TurnQueue<Int>()
        var (next, expected) = (0, 0)
        for round in 0..<2_000 {
            for _ in 0..<(round % 7) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round % 5) {
                guard let element = queue.popFirst() else { break }
                #expect(element == expected)
                expected += 1
            }
        }
        while let element = queue.popFirst() {
            #expect(element == expected)
            expected += 1
        }
        #expect(expected == next)
        #expect(queue.isEmpty)
    }

    @Test("All bulk together moves one piece's bytes before fresh events are looked at")
    func onePieceForAll() throws {
        let bench = try ShardBench(streamCount: 6)
        defer { bench.close() }
        let piece = UInt64(bench.shard.tools.pieceByteCount)
        for key in bench.keys { bench.shard.takeTurn(of: key, limit: .max) }
        bench.refill()
        var before = bench.byteCount
        for key in bench.keys { try bench.announceBytes(for: key) }
        #expect(bench.byteCount == before, "an event of a bulk stream only queues it")
        for _ in 0..<bench.keys.count {
            bench.shard.takeTurns()
            #expect(bench.byteCount > before)
            #expect(bench.byteCount - before <= piece + 65_536)
            before = bench.byteCount
        }
    }
}

/// A shard that nobody drives but the test, with bulk streams from backend to client in it.
private final class ShardBench {
    let shard: Shard
    private(set) var keys: [Shard.Key] = []
    private var streams: [(client: SocketPair, backend: SocketPair)] = []

    init(streamCount: Int) throws {
        var engine = EngineSettings()
        // Far less than sockets hold.
        engine.pipeByteCount = 65_536
        let services = try ShardServices(
            shardCount: 1,
            descriptors: DescriptorPlan(limit: 1_024, fixedCount: 0),
            congestion: CongestionPolicy(.system),
            bufferPolicy: BufferPolicy(engine),
            accessLog: RecordingLog()
        ) { _ in }
        let configuration = try GatewayFixture.configuration(
            listeners: [GatewayFixture.loopback(1)],
            backend: GatewayFixture.loopback(2)
        )
        let settings = configuration.topology.listeners[0]
        let profile = RouteProfile(
            settings: settings,
            address: GatewayFixture.loopback(1),
            timeouts: settings.timeouts,
            to: RouteProfile.Destination(
                warehouse: WarehouseGauge(id: "W"),
                service: settings.routes[0].service.id,
                sendProxyProtocol: .off,
                connections: ConnectionBudget()
            ),
            counters: ListenerCounters()
        )
        let route = Route(
            [.default],
            profile: profile,
            policy: .anywhere(except: nil),
            limits: (warehouse: 0, service: 0),
            pool: BackendPool(members: []),
            endpoints: [:]
        )
        let routes = ListenerRoutes(
            settings,
            profile: profile,
            table: RouteTable([(.default, route)]),
            all: [route]
        )
        shard = Shard(
            port: services.ports[0],
            settings: engine,
            services: services,
            snapshot: Snapshot(
                generation: 1,
                limits: ConnectionLimits(),
                denialLinesPerMinute: 0,
                keepalive: KeepaliveOptions(Keepalive()),
                listeners: [:],
                sessionPolicies: SessionPolicies()
            )
        )
        for number in 0..<streamCount { try addStream(number, by: routes) }
        refill()
    }

    private func addStream(_ number: Int, by routes: ListenerRoutes) throws {
        let (client, backend) = (try SocketPair(), try SocketPair())
        var connection = Connection(
            id: UInt64(number),
            listener: ListenerID(rawValue: 1),
            routes: routes,
            socket: client.inner,
            peer: GatewayFixture.loopback(3),
            sessionID: 0,
            at: shard.now
        )
        connection.lifecycle = Lifecycle(.unguarded)
        _ = connection.lifecycle.begin()
        _ = connection.lifecycle.judged(.admitted)
        _ = connection.lifecycle.dialed(.connected)
        connection.isRelaying = true
        connection.tunnel.backend = Side(backend.inner)
        connection.tunnel.backend.isReadable = true
        connection.tunnel.client.isWritable = true
        keys.append(shard.connections.insert(connection))
        streams.append((client, backend))
    }

    /// Gives every backend as much to say as its socket takes, and lets every client read.
    func refill() {
        let piece = [UInt8](repeating: 1, count: 65_536)
        for (client, backend) in streams {
            while case .bytes(1...) = backend.outer.write(piece) {}
            while client.outer.readAvailable(waiting: 0)?.isEmpty == false {}
        }
    }

    /// What epoll would say of the backend.
    func announceBytes(for key: Shard.Key) throws {
        shard.connections[key].tunnel.client.isWritable = true
        let socket = shard.connections[key].tunnel.backend.socket
        shard.handle(try socket.nextEvent(), from: .backend, of: key)
    }

    var byteCount: UInt64 {
        keys.reduce(0) { $0 + shard.connections[$1].tunnel.byteCount }
    }

    func close() {
        for (client, backend) in streams {
            client.close()
            backend.close()
        }
    }
}
