import MySQLProtocol
import Testing
import Traffic

@Suite("What is known of learning")
struct LearningRecordTests {
    private static func servers(_ hosts: String...) throws -> LearnedServers {
        try LearnedServers([
            MySQLTable(columns: ["Host", "HttpPort"], rows: hosts.map { [$0, "8040"] })
        ])
    }

    @Test("A list is news if it is the first, another, or the first after a failure")
    func learned() throws {
        var record = LearningRecord(interval: 10_000)
        var result = record.succeed(try Self.servers("a", "b"), at: 0)
        #expect(result.hasChanged)
        #expect(result.event == .learned(count: 2))
        result = record.succeed(try Self.servers("b", "a"), at: 10_000)
        #expect(!result.hasChanged)
        #expect(result.event == nil)
        result = record.succeed(try Self.servers("a"), at: 20_000)
        #expect(result.hasChanged)
        #expect(result.event == .learned(count: 1))
        #expect(record.fail("x", at: 30_000) == .failed(reason: "x", inUse: 1))
        result = record.succeed(try Self.servers("a"), at: 40_000)
        #expect(!result.hasChanged)
        #expect(result.event == .learned(count: 1))
    }

    @Test(
        "Each reason of a failure is reported once, and again when the list is older than ten intervals"
    )
    func failed() throws {
        var record = LearningRecord(interval: 10_000)
        #expect(record.fail("x", at: 0) == .failed(reason: "x", inUse: 0))
        #expect(record.fail("y", at: 1) == .failed(reason: "y", inUse: 0))
        for time: Int64 in 1..<50 {
            #expect(record.fail(time.isMultiple(of: 2) ? "x" : "y", at: time * 10_000) == nil)
        }
        let events = (0..<100).compactMap { record.fail("\($0)", at: 495_000) }
        #expect(events.count == 14, "not without end")
        _ = record.succeed(try Self.servers("a", "b"), at: 500_000)
        #expect(record.fail("z", at: 510_000) == .failed(reason: "z", inUse: 2))
        #expect(record.fail("z", at: 599_999) == nil)
        #expect(record.fail("w", at: 600_000) == .outdated(reason: "w", inUse: 2, seconds: 100))
        #expect(record.fail("w", at: 700_000) == nil)
        #expect(record.places.count == 2)
    }
}
