import Addresses
import CIDRTrie
import Foundation
import Operations
import Policy
import Testing
import Time

@Suite("Filters of sessions")
struct SessionFilterTests {
    private let session = Session(
        connection: 257,
        warehouse: "W",
        listener: "0.0.0.0:9030",
        link: .private,
        peer: SocketAddress(.v4(IPv4Address(10, 0, 0, 9)), port: 4_000),
        client: SocketAddress(.v4(IPv4Address(203, 0, 113, 7)), port: 5_000),
        endpoint: EndpointName(.aws, "vpce-1"),
        backend: SocketAddress(.v4(IPv4Address(10, 0, 0, 5)), port: 3_306),
        startedAt: UnixTime(seconds: 1_795_428_000),
        durationMilliseconds: 5_000,
        idleMilliseconds: 1_000
    )

    private func matches(_ change: (inout SessionFilter) throws -> Void) rethrows -> Bool {
        var filter = SessionFilter()
        try change(&filter)
        return filter.matches(session)
    }

    @Test("An empty filter means every session")
    func empty() {
        #expect(SessionFilter().isEmpty)
        #expect(SessionFilter().matches(session))
    }

    @Test("Each part is compared with the session's value")
    func parts() throws {
        #expect(matches { $0.connection = 257 } && !matches { $0.connection = 258 })
        #expect(matches { $0.warehouse = "W" } && !matches { $0.warehouse = "w" })
        #expect(matches { $0.listener = "0.0.0.0:9030" } && !matches { $0.listener = "9030" })
        #expect(matches { $0.link = .private } && !matches { $0.link = .public })
        let endpoint = try EndpointReference(parsing: "vpce-1")
        #expect(matches { $0.endpoint = endpoint })
        #expect(try matches { $0.endpoint = try EndpointReference(parsing: "aws:vpce-1") })
        #expect(try !matches { $0.endpoint = try EndpointReference(parsing: "gcp:vpce-1") })
        #expect(matches { $0.backend = session.backend } && !matches { $0.backend = session.peer })
        #expect(matches { $0.idleMilliseconds = 1_000 })
        #expect(!matches { $0.idleMilliseconds = 1_001 })
        let near = try CIDRBlock(parsing: "203.0.113.0/24")
        let far = try CIDRBlock(parsing: "10.0.0.0/8")
        #expect(matches { $0.source = near })
        #expect(!matches { $0.source = far }, "the client counts, not its load balancer")
    }

    @Test("All parts must match")
    func together() throws {
        let other = try EndpointReference(parsing: "aws:vpce-2")
        #expect(!matches { ($0.warehouse, $0.endpoint) = ("W", other) })
    }

    @Test("A session survives encoding as JSON")
    func json() throws {
        let bytes = try JSONEncoder().encode(session)
        #expect(try JSONDecoder().decode(Session.self, from: bytes) == session)
    }
}
