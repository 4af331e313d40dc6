import Operations
import Policy
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Sessions that a side has broken off", .timeLimit(.minutes(2)))
struct BrokenOffTests {
    @Test(
        "A MySQL server's reset becomes an orderly end for its client, and the record names the backend"
    )
    func backendReset() async throws {
        let fixture = try GatewayFixture()
        var configuration = fixture.configuration
        configuration.topology.listeners[0].protocol = .mysql
        try fixture.gateway.reload(to: configuration)
        let session = try await fixture.session()
        session.inner.writeAll([1, 2, 3])
        #expect(session.outer.readAvailable(waiting: 60_000) == [1, 2, 3])
        session.outer.writeAll([4])
        #expect(session.inner.readAvailable(waiting: 60_000) == [4])
        session.inner.closeWithReset()
        #expect(session.outer.readAvailable(waiting: 60_000) == nil)
        #expect(session.outer.takeError() == nil)
        session.outer.close()
        try await eventually { fixture.log.records.count == 1 }
        #expect(fixture.log.records[0].end == .backendReset)
        #expect(fixture.log.records[0].backend == fixture.backend.address)
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test(
        "A client's reset reaches the backend, even if a write to the client detected it first"
    )
    func clientReset() async throws {
        let fixture = try GatewayFixture(shardCount: 1)
        let session = try await fixture.session()
        // The shard sees both only afterwards, and then the backend's bytes first: their event is older.
        let gate = Gate(fixture.gateway.services.ports[0])
        try await eventually { gate.isClosed }
        session.inner.writeAll([1, 2, 3])
        session.outer.writeAll([4, 5, 6])
        session.outer.closeWithReset()
        gate.open()
        #expect(session.inner.readAvailable(waiting: 60_000) == [4, 5, 6])
        let scratch = ScratchBuffer(byteCount: 16)
        var end = session.inner.read(into: scratch)
        try await eventually {
            if case .wouldBlock = end {
                end = session.inner.read(into: scratch)
            } else {
                return true
            }
            return false
        }
        if case .failed = end {} else { Issue.record("not a reset: \(end)") }
        session.inner.close()
        try await eventually { fixture.log.records.count == 1 }
        #expect(fixture.log.records[0].end == .clientReset)
        #expect(fixture.log.records[0].backend == fixture.backend.address)
        _ = await fixture.gateway.drain(within: .zero)
    }
}
