import Addresses
import CIDRTrie
import Testing

@testable import Core

@Suite("Numbers and their nouns")
struct PluralTests {
    @Test("One is singular, everything else plural")
    func nouns() {
        #expect(1.of("session") == "1 session")
        #expect(0.of("session") == "0 sessions" && 2.of("query") == "2 queries")
        #expect(2.of("key") == "2 keys" && 2.of("address") == "2 addresses")
        #expect(2.of("match") == "2 matches" && 2.of("prefix") == "2 prefixes")
        #expect(UInt64(1_000).of("echo", written: "1,000") == "1,000 echoes")
        #expect(
            1.of("line", "is", "are") == "1 line is" && 2.of("line", "is", "are") == "2 lines are"
        )
    }

    @Test("One session that would be closed, or was, is one session")
    func sessions() throws {
        let client = SocketAddress(.v4(IPv4Address(10, 0, 0, 1)), port: 5)
        let session = Session(
            connection: 1,
            warehouse: "W",
            listener: "127.0.0.1:1",
            link: .public,
            peer: client,
            client: client,
            startedAt: UnixTime(seconds: 0)
        )
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 1)
        let closed = Warehouse(
            id: "W",
            whitelist: Whitelist(mode: .nowhere)
        )
        let preview = try RevocationPreview(
            [session],
            under: GatewayConfiguration(
                listeners: [
                    Listener(of: "W", protocol: .tcp, address: address, backends: [])
                ],
                warehouses: [closed]
            ),
            at: UnixTime(seconds: 0)
        )
        #expect(
            "\(RevocationTable(preview))".hasSuffix("1 running session would be closed, 0 kept")
        )
        let result = ClosedSessions(closed: 1, remaining: 1, sessions: [])
        #expect("\(ClosedSessionsText(result))" == "closed 1 session; 1 more matches\n")
    }
}
