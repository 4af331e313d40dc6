import Glibc
import Operations
import Settings
import Testing
import Traffic

@testable import Engine
@testable import Sockets

@Suite("A listener that epoll rejects", .timeLimit(.minutes(2)))
struct ListenerWatchTests {
    @Test("Adding it is retried until it succeeds, and waiting clients are served")
    func retry() async throws {
        let events = Locked<[GatewayEvent]>([])
        let services = try ShardServices(
            shardCount: 1,
            descriptors: DescriptorPlan(limit: 1_024, fixedCount: 0),
            congestion: CongestionPolicy(.system),
            bufferPolicy: BufferPolicy(EngineSettings()),
            accessLog: RecordingLog(),
            report: { event in events.withLock { $0.append(event) } }
        )
        let shard = Shard(
            port: services.ports[0],
            settings: EngineSettings(),
            services: services,
            snapshot: Snapshot(
                generation: 0,
                limits: ConnectionLimits(),
                denialLinesPerMinute: 0,
                keepalive: KeepaliveOptions(Keepalive()),
                listeners: [:],
                sessionPolicies: SessionPolicies()
            )
        )
        shard.start()
        let listener = try GatewayFixture.listener(on: GatewayFixture.loopback(0))
        let number = listener.socket.descriptor
        // A file that is always ready cannot be watched: EPERM (epoll_ctl(2)).
        let kept = dup(number)
        let file = unsafe open("/dev/null", O_RDONLY)
        dup2(file, number)
        services.ports[0].post(.listen(ListenerID(rawValue: 1), listener))
        try await eventually { events.withLock { !$0.isEmpty } }
        #expect(events.withLock { $0.first } == .acceptPaused(reason: "operation not permitted"))

        dup2(kept, number)
        try await eventually { events.withLock { $0.contains(.acceptResumed) } }
        // No route leads from the listener: a client that is accepted is closed.
        let client = try await GatewayFixture.client(of: listener.address)
        try await eventually { client.waitUntilReady(toWrite: false, milliseconds: 0) }
        client.close()
        for descriptor in [kept, file] { close(descriptor) }
        services.ports[0].post(.retire)
    }
}
