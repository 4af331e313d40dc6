import Addresses
import CIDRTrie
import Configurations
import Operations
import Policy
import Settings
import Sockets
import Testing
import Time
import Traffic

@testable import Engine

@Suite("A policy change closes the sessions that it no longer admits", .timeLimit(.minutes(3)))
struct EnforcementTests {
    private func rule(_ address: SocketAddress, _ action: Action) -> Rule {
        Rule(block: CIDRBlock(containing: address.ip, prefixLength: 32), action: action)
    }

    /// The fixture's configuration with a whitelist of its own.
    private func configuration(
        _ fixture: GatewayFixture,
        _ rules: [Rule],
        whenRevoked: Revocation = .close
    ) -> GatewayConfiguration {
        var configuration = fixture.configuration
        configuration.policy.warehouses["W"]?.whitelist = Whitelist(mode: .specific, rules: rules)
        configuration.topology.warehouses[0].whenRevoked = whenRevoked
        return configuration
    }

    private let everybody = Rule(
        block: CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 0)), prefixLength: 8)
    )

    @Test(
        "A session whose client is now denied is closed on both sides, and the log has the reason"
    )
    func revoked() async throws {
        let fixture = try GatewayFixture()
        let session = try await fixture.session()
        defer { session.close() }
        let denied = rule(GatewayFixture.loopback(0), .deny)
        try fixture.gateway.reload(to: configuration(fixture, [everybody, denied]))
        try await session.isClosedOnBothSides()
        try await eventually { fixture.log.records.count == 1 }
        let record = fixture.log.records[0]
        #expect(record.end == .revoked)
        #expect(record.reason == .deniedByRule)
        #expect(record.verdict == .allow)
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("Of many sessions exactly those of the denied client are closed")
    func exactly() async throws {
        let fixture = try GatewayFixture(shardCount: 2)
        var sessions: [SocketPair] = []
        for number in 0..<40 as Range<UInt8> {
            sessions.append(try await fixture.session(from: IPv4Address(127, 0, 0, 10 + number)))
        }
        let source = SocketAddress(.v4(IPv4Address(127, 0, 0, 17)), port: 0)
        try fixture.gateway.reload(to: configuration(fixture, [everybody, rule(source, .deny)]))
        try await sessions[7].isClosedOnBothSides()
        sessions.remove(at: 7).close()
        defer { sessions.forEach { $0.close() } }
        // Whatever else the review would close it has closed once a sweep behind it is through.
        let left = await fixture.gateway.sessions(matching: SessionFilter(), limit: 100)
        #expect(left.total == 39)
        for session in sessions { #expect(session.carriesBytes()) }
        try await eventually { !fixture.log.records.isEmpty }
        #expect(fixture.log.records.map(\.client.ip) == [source.ip])
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A warehouse may keep revoked sessions; new ones are still denied")
    func kept() async throws {
        let fixture = try GatewayFixture()
        let session = try await fixture.session()
        defer { session.close() }
        try fixture.gateway.reload(to: configuration(fixture, [], whenRevoked: .keep))
        _ = await fixture.gateway.sessions(matching: SessionFilter(), limit: 0)
        #expect(session.carriesBytes())
        let client = try await GatewayFixture.client(of: fixture.address)
        defer { client.close() }
        try await eventually { client.isAtEnd }
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A session ends when the entry that admitted it expires")
    func expired() async throws {
        let lasting = Rule(
            block: CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 2)), prefixLength: 32)
        )
        // A machine that stands still may need longer for a session to begin at all.
        for seconds: Int64 in [2, 10, 30] {
            let fixture = try GatewayFixture()
            let soon = UnixTime(seconds: Moment.now().unixTime.seconds + seconds)
            var entry = rule(GatewayFixture.loopback(0), .allow)
            entry.expiry = soon
            try fixture.gateway.reload(to: configuration(fixture, [entry, lasting]))
            guard let leaving = try await fixture.session(before: soon) else {
                _ = await fixture.gateway.drain(within: .zero)
                continue
            }
            defer { leaving.close() }
            let staying = try await fixture.session(from: IPv4Address(127, 0, 0, 2))
            defer { staying.close() }
            try await leaving.isClosedOnBothSides()
            #expect(Moment.now().unixTime >= soon)
            #expect(staying.carriesBytes())
            try await eventually { !fixture.log.records.isEmpty }
            #expect(fixture.log.records.map(\.reason) == [.notInWhitelist])
            _ = await fixture.gateway.drain(within: .zero)
            return
        }
        Issue.record("no session began before its entry expired")
    }

    @Test("An operator lists sessions and closes those that match a filter")
    func closedByOperator() async throws {
        let fixture = try GatewayFixture()
        let first = try await fixture.session(from: IPv4Address(127, 0, 0, 4))
        let second = try await fixture.session(from: IPv4Address(127, 0, 0, 5))
        defer {
            first.close()
            second.close()
        }
        var filter = SessionFilter()
        filter.source = CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 4)), prefixLength: 32)
        let all = await fixture.gateway.sessions(matching: SessionFilter(), limit: 1)
        #expect(all.total == 2 && all.sessions.count == 1)
        let closed = await fixture.gateway.closeSessions(matching: filter, limit: nil, shown: 10)
        #expect(closed.sessions.map(\.client.ip.description) == ["127.0.0.4"])
        #expect(closed.closed == 1 && closed.remaining == 0)
        try await first.isClosedOnBothSides()
        #expect(second.carriesBytes())
        try await eventually { !fixture.log.records.isEmpty }
        #expect(fixture.log.records.map(\.end) == [.closedByOperator])
        _ = await fixture.gateway.drain(within: .zero)
        let after = await fixture.gateway.sessions(matching: SessionFilter(), limit: 1)
        #expect(after == SessionList(), "a gateway that has stopped answers too")
    }

    @Test("A limit on closing is respected, the oldest first")
    func limited() async throws {
        let fixture = try GatewayFixture(shardCount: 2)
        var sessions: [SocketPair] = []
        for _ in 0..<6 { sessions.append(try await fixture.session()) }
        defer { sessions.forEach { $0.close() } }
        let all = SessionFilter()
        let oldest = await fixture.gateway.sessions(matching: all, limit: 2).sessions
        let none = await fixture.gateway.closeSessions(matching: all, limit: 0, shown: 0)
        #expect(none == ClosedSessions(closed: 0, remaining: 6))
        let closed = await fixture.gateway.closeSessions(matching: all, limit: 2, shown: 2)
        #expect(closed.closed == 2 && closed.remaining == 4)
        #expect(closed.sessions.map(\.connection) == oldest.map(\.connection))
        let left = await fixture.gateway.sessions(matching: all, limit: 10)
        #expect(left.total == 4)
        let rest = await fixture.gateway.closeSessions(matching: all, limit: nil, shown: 1)
        #expect(rest.closed == 4 && rest.sessions.count == 1)
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A client that keeps retrying gets no answer, is counted, and is admitted once allowed")
    func silenced() async throws {
        let fixture = try GatewayFixture(shardCount: 1)
        try fixture.gateway.reload(to: configuration(fixture, []))
        for _ in 0..<150 {
            // Its connect may fail already: it is reset without a word.
            guard let client = try? await GatewayFixture.client(of: fixture.address) else {
                continue
            }
            // Without giving way to other tests, so that all come within a minute.
            var isReady = true
            while isReady, !client.isAtEnd {
                isReady = client.waitUntilReady(toWrite: false, milliseconds: 60_000)
            }
            #expect(isReady)
            client.close()
        }
        try await eventually { await fixture.gateway.denials().denials.map(\.count) == [150] }
        try await eventually { fixture.log.records.count == 60 }
        #expect(fixture.gateway.status().unloggedDenials == 90)
        #expect(fixture.gateway.status().listeners[0].denied == ["notInWhitelist": 150])
        try fixture.gateway.reload(to: configuration(fixture, [everybody]))
        let session = try await fixture.session()
        defer { session.close() }
        #expect(session.carriesBytes())
        _ = await fixture.gateway.drain(within: .zero)
        #expect(fixture.gateway.activeConnections == 0)
    }
}

extension GatewayFixture {
    /// A session of a client that is admitted until `expiry`; `nil` if it came too late.
    fileprivate func session(before expiry: UnixTime) async throws -> SocketPair? {
        let client = try await Self.client(of: address)
        var accepted: Socket?
        try await eventually {
            if case .accepted(let socket, _) = backend.accept() { accepted = socket }
            return accepted != nil || Moment.now().unixTime > expiry
        }
        if let accepted { return SocketPair(inner: accepted, outer: client) }
        client.close()
        return nil
    }
}

extension SocketPair {
    /// Waits for the end of the stream, or a reset, at the client and at the backend.
    fileprivate func isClosedOnBothSides() async throws {
        try await eventually { outer.isAtEnd && inner.isAtEnd }
    }

    /// Sends a few bytes from the client to the backend.
    fileprivate func carriesBytes() -> Bool {
        outer.writeAll([1, 2, 3])
        return inner.readAvailable(waiting: 60_000) == [1, 2, 3]
    }
}

extension Socket {
    /// Whether the stream has ended; discards what came before.
    fileprivate var isAtEnd: Bool {
        let buffer = ScratchBuffer(byteCount: 256)
        while true {
            switch read(into: buffer) {
            case .bytes: continue
            case .wouldBlock: return false
            case .endOfStream, .failed: return true
            }
        }
    }
}
