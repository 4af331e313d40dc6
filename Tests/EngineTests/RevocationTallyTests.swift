import Addresses
import CIDRTrie
import Configurations
import Policy
import Settings
import Testing

@testable import Engine

@Suite("Sessions revoked by a policy are reported to the operator", .timeLimit(.minutes(2)))
struct RevocationTallyTests {
    @Test("Sessions closed by all shards are one event per listener")
    func total() {
        let events = Locked<[GatewayEvent]>([])
        let tally = RevocationTally { event in events.withLock { $0.append(event) } }
        let listeners = ["a:1", "b:2"].map {
            RevocationTally.Listener(warehouse: "W", address: $0)
        }
        tally.expect(3)
        tally.end([listeners[1]: 1])
        tally.end([:])
        #expect(events.withLock { $0 } == [])
        tally.end([listeners[0]: 2, listeners[1]: 4])
        let expected = [
            GatewayEvent.sessionsRevoked(warehouse: "W", listener: "a:1", count: 2),
            .sessionsRevoked(warehouse: "W", listener: "b:2", count: 5),
        ]
        #expect(events.withLock { $0 } == expected)
        tally.expect(1)
        tally.end([:])
        #expect(events.withLock { $0.count } == 2, "a review that closes nobody says nothing")
    }

    @Test("A reload that admits no client reports how many it closed, and old policies are freed")
    func reload() async throws {
        let events = Locked<[GatewayEvent]>([])
        let fixture = try GatewayFixture { event in events.withLock { $0.append(event) } }
        var sessions: [SocketPair] = []
        for _ in 0..<10 { sessions.append(try await fixture.session()) }
        var closed = fixture.configuration
        closed.policy.warehouses["W"]?.whitelist = Whitelist(mode: .nowhere)
        try fixture.gateway.reload(to: closed)
        let expected = GatewayEvent.sessionsRevoked(
            warehouse: "W",
            listener: "\(fixture.address)",
            count: 10
        )
        try await eventually { events.withLock { $0.contains(expected) } }
        try await eventually { !fixture.gateway.holdsOldPolicy }
        for session in sessions { session.close() }
        _ = await fixture.gateway.drain(within: .zero)
    }
}
