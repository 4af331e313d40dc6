import Addresses
import CIDRTrie
import Operations
import Policy
import Sockets
import Testing

@testable import Engine

@Suite("Publishing a policy")
struct PolicyPublicationTests {
    private func policy(_ block: String, _ action: Action = .allow) throws -> Policy {
        let rule = Rule(block: try CIDRBlock(parsing: block), action: action)
        let list = EntryList(.entries, rules: [rule])
        return Policy([
            "W": WarehousePolicy(whitelist: Whitelist(mode: .specific, lists: [list]))
        ])
    }

    @Test("Once it is adopted, every new connection obeys it")
    func adopted() async throws {
        let fixture = try GatewayFixture()
        for round in 0..<20 {
            let admits = round % 2 == 0
            let policy = try policy(admits ? "127.0.0.0/8" : "10.0.0.0/8")
            await (try fixture.gateway.enforce(policy)).wait()
            #expect(fixture.gateway.policy == policy)
            if admits {
                _ = try await fixture.session()
            } else {
                let client = try await GatewayFixture.client(of: fixture.address)
                try await eventually { client.isAtEnd }
            }
        }
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("Hits are counted by entry over all shards, those of denied clients too")
    func hits() async throws {
        let fixture = try GatewayFixture()
        var policy = try policy("127.0.0.0/8")
        let denied = Rule(block: try CIDRBlock(parsing: "127.0.0.66/32"), action: .deny)
        try policy.apply([.edit([.add(WhitelistEntry(denied))], in: .entries, of: "W")])
        await (try fixture.gateway.enforce(policy)).wait()
        for _ in 0..<5 { _ = try await fixture.session() }
        for _ in 0..<3 {
            let source = IPv4Address(127, 0, 0, 66)
            let client = try await GatewayFixture.client(of: fixture.address, from: source)
            try await eventually { client.isAtEnd }
        }
        let hits = await fixture.gateway.entryHits()
        let series = policy["W"].whitelist.lists[0].series
        let admitted = try CIDRBlock(parsing: "127.0.0.0/8")
        #expect(hits[.init(list: series, block: admitted)]?.count == 5)
        #expect(hits[.init(list: series, block: denied.block)]?.count == 3)
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A new entry that denies closes the sessions it hits, even if any address is admitted")
    func anywhere() async throws {
        let fixture = try GatewayFixture()
        let other = try await fixture.session(from: IPv4Address(127, 0, 0, 66))
        let session = try await fixture.session(from: IPv4Address(127, 0, 0, 77))
        func list(_ block: String, for name: EntryList.Name) throws -> EntryList {
            EntryList(name, rules: [Rule(block: try CIDRBlock(parsing: block), action: .deny)])
        }
        let lists = [
            try list("127.0.0.77/32", for: .entries),
            try list("127.0.0.66/32", for: .service(.mysql)),
        ]
        let policy = WarehousePolicy(whitelist: Whitelist(mode: .anywhere, lists: lists))
        await (try fixture.gateway.enforce(Policy(["W": policy]))).wait()
        try await eventually { session.outer.isAtEnd }
        #expect(!other.outer.isAtEnd, "an entry for another service")
        let client = try await GatewayFixture.client(
            of: fixture.address,
            from: IPv4Address(127, 0, 0, 77)
        )
        try await eventually { client.isAtEnd }
        try await eventually { fixture.log.records.count == 2 }
        #expect(Set(fixture.log.records.map(\.reason)) == [.deniedByRule])
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A draining gateway closes what is revoked, and leaves other sessions alone")
    func draining() async throws {
        let fixture = try GatewayFixture()
        await (try fixture.gateway.enforce(try policy("127.0.0.0/8"))).wait()
        let kept = try await fixture.session(from: IPv4Address(127, 0, 0, 66))
        let revoked = try await fixture.session(from: IPv4Address(127, 0, 0, 77))
        fixture.gateway.stopAccepting()
        async let outcome = fixture.gateway.drain(within: .seconds(60))
        await (try fixture.gateway.enforce(try policy("127.0.0.66/32"))).wait()
        try await eventually { revoked.outer.isAtEnd }
        #expect(!kept.outer.isAtEnd)
        kept.outer.close()
        kept.inner.close()
        #expect(await outcome.closed == 0)
    }

    @Test("A gateway that has drained rejects policies")
    func drained() async throws {
        let fixture = try GatewayFixture()
        _ = await fixture.gateway.drain(within: .zero)
        #expect(throws: GatewayError.draining) {
            try fixture.gateway.enforce(try policy("127.0.0.0/8"))
        }
    }
}

extension Socket {
    /// Whether the peer has closed.
    fileprivate var isAtEnd: Bool {
        let buffer = ScratchBuffer(byteCount: 4_096)
        switch read(into: buffer) {
        case .endOfStream, .failed: return true
        case .bytes, .wouldBlock: return false
        }
    }
}
