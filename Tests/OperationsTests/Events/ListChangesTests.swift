import Addresses
import CIDRTrie
import Foundation
import Operations
import Policy
import Testing
import Time

@Suite("Changes between two looks at sessions")
struct SessionChangesTests {
    private func session(_ connection: UInt64, of warehouse: String = "W", bytes: UInt64 = 0)
        -> Session
    {
        let address = SocketAddress(.v4(IPv4Address(192, 0, 2, 1)), port: 1)
        return Session(
            connection: connection,
            warehouse: warehouse,
            listener: "0.0.0.0:9030",
            link: .public,
            peer: address,
            client: address,
            startedAt: UnixTime(seconds: 0),
            bytesIn: bytes
        )
    }

    @Test("They have what was opened, what was closed, and where bytes flowed")
    func changes() {
        let changes = SessionChanges(
            from: [session(1), session(2), session(3)],
            to: [session(2), session(3, bytes: 9), session(4)],
            connections: 3,
            isVisible: { _ in true }
        )
        #expect(changes.opened == [session(4)] && changes.closed == [1])
        #expect(changes.changed == [.init(connection: 3, bytesIn: 9, bytesOut: 0)])
        #expect(changes.complete && !changes.snapshot && !changes.isEmpty)
    }

    @Test("Nothing shows of warehouses that the reader may not see")
    func scope() {
        let changes = SessionChanges(
            from: [session(1, of: "A"), session(2, of: "A")],
            to: [session(2, of: "A", bytes: 5), session(3, of: "A"), session(4)],
            connections: 1,
            isVisible: { $0 == "W" }
        )
        #expect(changes.opened.map(\.connection) == [4])
        #expect(changes.closed.isEmpty && changes.changed.isEmpty)
    }

    @Test("A reader that knows none gets all of them")
    func snapshot() {
        let changes = SessionChanges(
            from: nil,
            to: [session(1)],
            connections: 1,
            isVisible: { _ in true }
        )
        #expect(changes.snapshot && changes.opened.count == 1)
    }

    @Test("Too many are only counted")
    func tooMany() {
        let changes = SessionChanges(
            from: [session(1)],
            to: nil,
            connections: 9_000,
            isVisible: { _ in true }
        )
        #expect(!changes.complete && !changes.snapshot && changes.isEmpty)
        #expect(changes.connections == 9_000)
    }
}

@Suite("Changes between two looks at denials")
struct DenialCountsTests {
    private func record(_ number: UInt8, count: Int, lastSeen: Int64 = 0) -> DenialRecord {
        DenialRecord(
            warehouse: "W",
            source: CIDRBlock(
                containing: .v4(IPv4Address(192, 0, 2, number)),
                prefixLength: 32
            ),
            reason: .notInWhitelist,
            count: count,
            firstSeen: UnixTime(seconds: 0),
            lastSeen: UnixTime(seconds: lastSeen)
        )
    }

    private func list(_ records: DenialRecord...) -> DenialList {
        DenialList(denials: records, total: records.count)
    }

    @Test("They have what is new, the earliest first")
    func changes() {
        let counts = DenialCounts(list(record(1, count: 5), record(2, count: 1)))
        let changes = counts.changes(
            to: list(
                record(1, count: 8, lastSeen: 9),
                record(2, count: 1),
                record(3, count: 2, lastSeen: 4)
            )
        )
        #expect(changes.map(\.added) == [2, 3])
        #expect(changes.map(\.denial.count) == [2, 8])
    }

    @Test("A record that was forgotten and came again counts from its beginning")
    func forgotten() {
        let counts = DenialCounts(list(record(1, count: 50)))
        #expect(counts.changes(to: list(record(1, count: 3))).map(\.added) == [3])
    }

    @Test("A flood makes one event of bounded size, which counts the rest")
    func flood() {
        let changes = (0..<250).map { DenialChange(denial: record(UInt8($0), count: 2), added: 2) }
        let event = DenialEvent(changes)
        #expect(event.denials.count == 200 && event.omitted == 100)
    }

    @Test("A change is its record's JSON, and how many are new")
    func json() throws {
        let change = DenialChange(denial: record(1, count: 3), added: 2)
        let data = try JSONEncoder().encode(change)
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        #expect(object?["added"] as? Int == 2 && object?["reason"] as? String == "notInWhitelist")
        #expect(try JSONDecoder().decode(DenialChange.self, from: data) == change)
    }
}
