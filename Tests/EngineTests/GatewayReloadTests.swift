import Addresses
import Configurations
import Operations
import Settings
import Sockets
import Testing

@testable import Engine

@Suite("A change of the configuration of a running gateway")
struct GatewayReloadTests {
    @Test("A session continues through reloads, with its listener and without it")
    func sessionSurvives() async throws {
        let fixture = try GatewayFixture()
        let session = try await fixture.session()
        defer { session.close() }
        try fixture.gateway.reload(to: fixture.configuration)
        try fixture.gateway.reload(to: GatewayConfiguration(warehouses: []))
        session.outer.writeAll(Array("question".utf8))
        #expect(session.inner.readAvailable(waiting: 60_000) == Array("question".utf8))
        session.inner.writeAll(Array("answer".utf8))
        #expect(session.outer.readAvailable(waiting: 60_000) == Array("answer".utf8))
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A listener that is removed and immediately added again listens")
    func removedAndAdded() async throws {
        let fixture = try GatewayFixture()
        for _ in 0..<100 {
            try fixture.gateway.reload(to: GatewayConfiguration(warehouses: []))
            try fixture.gateway.reload(to: fixture.configuration)
        }
        let session = try await fixture.session()
        session.close()
        _ = await fixture.gateway.drain(within: .seconds(60))
    }

    @Test("A port in use makes the reload fail, and changes nothing")
    func portInUse() async throws {
        let fixture = try GatewayFixture()
        let foreign = try GatewayFixture.listener(on: GatewayFixture.loopback(0))
        let refused = try GatewayFixture.configuration(
            listeners: [GatewayFixture.freeAddress(), foreign.address],
            backend: fixture.backend.address
        )
        let before = fixture.gateway.status()
        #expect(throws: GatewayError.self) { try fixture.gateway.reload(to: refused) }
        #expect(fixture.gateway.status().generation == before.generation)
        #expect(fixture.gateway.status().listeners.map(\.address) == ["\(fixture.address)"])
        try await fixture.session().close()
        _ = await fixture.gateway.drain(within: .seconds(60))
    }

    @Test("Binding may fail and be retried; no client is accepted before it succeeds")
    func bindAgain() async throws {
        let backend = try GatewayFixture.listener(on: GatewayFixture.loopback(0))
        // On a port that nobody else is given once it is let go of.
        var foreign: ListeningSocket? = try GatewayFixture.listener(
            on: GatewayFixture.freeAddress()
        )
        let taken = try #require(foreign).address
        let free = try GatewayFixture.freeAddress()
        let configuration = try GatewayFixture.configuration(
            listeners: [free, taken],
            backend: backend.address
        )
        let log = RecordingLog()
        let gateway = try Gateway(configuration: configuration, accessLog: log) { _ in }
        let error = #expect(throws: GatewayError.self) { try gateway.bind() }
        #expect(error?.isAddressInUse == true)
        #expect(throws: (any Error).self, "the free one was let go of") {
            let socket = try Socket.tcp(for: free)
            defer { socket.close() }
            if case .failed(let error) = socket.connect(to: free) { throw error }
            _ = socket.waitUntilReady(toWrite: true, milliseconds: 60_000)
            if let error = socket.takeError() { throw error }
        }
        foreign = nil
        // `try?`: a program that another test starts holds it, too, until it runs (fork(2)).
        try await eventually { (try? gateway.bind()) != nil }
        #expect(gateway.status().phase == .starting)
        let early = try await GatewayFixture.client(of: free)
        #expect(gateway.status().activeConnections == 0)
        gateway.accept()
        #expect(gateway.status().phase == .running)
        try await eventually { gateway.status().activeConnections == 1 }
        early.close()
        _ = await gateway.drain(within: .zero)
    }

    @Test("The status shows the last reload's result, and which keys require a restart")
    func reloadStatus() async throws {
        let fixture = try GatewayFixture()
        #expect(fixture.gateway.status().lastReload == nil)
        fixture.gateway.recordReload(failure: nil)
        fixture.gateway.recordReload(failure: "no")
        let last = try #require(fixture.gateway.status().lastReload)
        #expect(last.failure == "no")
        #expect(last.succeededAt != nil, "it is kept through a failure")

        #expect(fixture.gateway.status().awaitingRestart == [])
        var changed = fixture.configuration
        changed.topology.engine.shards += 1
        try fixture.gateway.reload(to: changed)
        #expect(fixture.gateway.status().awaitingRestart == ["engine.shards"])
        try fixture.gateway.reload(to: fixture.configuration)
        #expect(fixture.gateway.status().awaitingRestart == [])
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A draining gateway rejects configurations, so that it does not listen again")
    func draining() async throws {
        let fixture = try GatewayFixture()
        _ = await fixture.gateway.drain(within: .zero)
        #expect(throws: GatewayError.draining) {
            try fixture.gateway.reload(to: fixture.configuration)
        }
    }

    @Test("After a drain every count is zero, and each session has its line in the log")
    func counts() async throws {
        let fixture = try GatewayFixture()
        var sessions: [SocketPair] = []
        for _ in 0..<20 { sessions.append(try await fixture.session()) }
        for session in sessions.prefix(10) { session.close() }
        let outcome = await fixture.gateway.drain(within: .milliseconds(100))
        for session in sessions.dropFirst(10) { session.close() }
        #expect(outcome.finished + outcome.closed <= 20)
        #expect(fixture.log.records.count == 20)
        #expect(fixture.gateway.activeConnections == 0)
    }

    @Test("The last session before a drain has its line when the drain is over")
    func lastRecord() async throws {
        for _ in 0..<20 {
            let fixture = try GatewayFixture()
            let session = try await fixture.session()
            session.close()
            _ = await fixture.gateway.drain(within: .seconds(60))
            #expect(fixture.log.records.count == 1)
        }
    }
}
