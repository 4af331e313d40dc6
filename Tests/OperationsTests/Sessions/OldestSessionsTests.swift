import Addresses
import CIDRTrie
import Operations
import Policy
import Testing
import Time

@Suite("The oldest sessions")
struct OldestSessionsTests {
    private func session(_ number: UInt64) -> Session {
        Session(
            connection: number,
            warehouse: "W",
            listener: "0.0.0.0:9030",
            link: .public,
            peer: SocketAddress(.v4(IPv4Address(10, 0, 0, 9)), port: 4_000),
            client: SocketAddress(.v4(IPv4Address(203, 0, 113, 7)), port: 5_000),
            startedAt: UnixTime(seconds: 1_795_428_000)
        )
    }

    /// Found in `order`; a session's number is the time at which it was accepted.
    private func oldest(_ limit: Int, of order: some Sequence<Int>) -> OldestSessions {
        var oldest = OldestSessions(limit: limit)
        for number in order { oldest.add(session(UInt64(number)), acceptedAt: Int64(number)) }
        return oldest
    }

    @Test(
        "Those of one second are ordered consistently, in whatever order they are found",
        arguments: [0, 1, 3, 64, 500, 2_000]
    )
    func order(_ limit: Int) {
        let list = oldest(limit, of: (1...1_000).shuffled()).list
        #expect(list.sessions.map(\.connection) == Array((1...1_000).prefix(limit)))
        #expect(list.total == 1_000)
    }

    @Test("The time of acceptance counts, not the connection's number: that is its shard's own")
    func number() {
        var oldest = OldestSessions(limit: 1)
        oldest.add(session(1), acceptedAt: 20)
        oldest.add(session(2), acceptedAt: 10)
        #expect(oldest.list.sessions.map(\.connection) == [2])
    }

    @Test("Results of several shards are one list")
    func merging() {
        var all = OldestSessions(limit: 4)
        all.merge(oldest(4, of: stride(from: 2, through: 100, by: 2)))
        all.merge(oldest(4, of: stride(from: 99, through: 1, by: -2)))
        #expect(all.list.sessions.map(\.connection) == [1, 2, 3, 4])
        #expect(all.list.total == 100)
    }
}
