import Addresses
import CIDRTrie
import Core
import Testing

@Suite("Denied attempts")
struct DenialTableTests {
    private var table = DenialTable(at: 0)

    private mutating func note(
        _ reason: DenialReason = .notInWhitelist,
        from address: UInt32 = 1,
        lines: Int = 10,
        at second: Int64 = 0
    ) -> DenialTable.Treatment {
        table.note(
            reason,
            of: SourceKey(.v4(IPv4Address(bits: address))),
            through: nil,
            to: "W",
            linesInMinute: lines,
            at: UnixTime(seconds: second),
            milliseconds: second * 1_000
        )
    }

    @Test("Each source and reason is counted, with its first and last time")
    mutating func counted() {
        for second in 0..<5 as Range<Int64> { _ = note(at: second) }
        _ = note(.deniedByRule, at: 9)
        _ = note(from: 2, at: 3)
        let records = DenialRecord.merged(table.records)
        #expect(records.map(\.count) == [1, 5, 1])
        #expect(records.map(\.reason) == [.deniedByRule, .notInWhitelist, .notInWhitelist])
        #expect(records[1].firstSeen.seconds == 0 && records[1].lastSeen.seconds == 4)
        #expect(records.map(\.source.description) == ["0.0.0.1/32", "0.0.0.1/32", "0.0.0.2/32"])
    }

    @Test("So many lines a minute, and the next line says how many are missing")
    mutating func lines() {
        let first = (0..<100).map { _ in note(at: 0) }
        #expect(first.map(\.isLogged) == (0..<100).map { $0 < 10 })
        #expect(first.allSatisfy { $0.unlogged == 0 })
        let next = note(at: 60)
        #expect(next.isLogged && next.unlogged == 90)
        #expect(note(at: 60).unlogged == 0)
    }

    @Test("No limit of lines means a line for each")
    mutating func unlimited() {
        for _ in 0..<10_000 { #expect(note(lines: 0).isLogged) }
    }

    @Test("Sources without number share a limit of lines too")
    mutating func manySources() {
        let logged = (0..<50_000).count { note(from: UInt32($0)).isLogged }
        #expect(logged == 2_000)
    }

    @Test("A source that does not give up is no longer answered, for a minute")
    mutating func answers() {
        let answered = (0..<200).map { _ in note() }.map(\.isAnswered)
        #expect(answered == (0..<200).map { $0 < 64 })
        let source = SourceKey(.v4(IPv4Address(bits: 1)))
        func isSilenced(_ reason: DenialReason, _ second: Int64) -> Bool {
            table.isSilenced(reason, of: source, to: "W", at: UnixTime(seconds: second))
        }
        #expect(isSilenced(.notInWhitelist, 59))
        #expect(!isSilenced(.notInWhitelist, 60))
        #expect(!isSilenced(.deniedByRule, 0))
        #expect(note(at: 60).isAnswered)
    }

    @Test("What is not the source's doing is always answered, and always has its line")
    mutating func outages() {
        for _ in 0..<500 {
            for reason in [DenialReason.noBackend, .connectionLimit] {
                let treatment = note(reason)
                #expect(treatment.isAnswered && treatment.isLogged)
            }
        }
    }

    @Test("A clock that is set back does not silence for long")
    mutating func clockSetBack() {
        for _ in 0..<100 { _ = note(at: 1_000) }
        #expect(note(at: 10).isAnswered)
    }

    @Test("A scan from everywhere fills the table and no more, and the latest stay")
    mutating func bounded() {
        for number in 0..<100_000 { _ = note(from: UInt32(number), at: Int64(number)) }
        #expect(table.count <= 4_096)
        #expect(table.records.contains { $0.lastSeen.seconds == 99_999 })
    }

    @Test("What several shards have counted of one source is one record")
    mutating func merged() {
        for second in [3, 7] as [Int64] { _ = note(at: second) }
        var other = DenialTable(at: 0)
        swap(&table, &other)
        _ = note(at: 5)
        let records = DenialRecord.merged(table.records + other.records)
        #expect(records.map(\.count) == [3])
        #expect(records[0].firstSeen.seconds == 3 && records[0].lastSeen.seconds == 7)
    }
}
