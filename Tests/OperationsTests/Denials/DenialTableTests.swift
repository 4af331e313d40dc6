import Addresses
import CIDRTrie
import Operations
import Policy
import Testing
import Time
import Traffic

@Suite("Denied attempts")
struct DenialTableTests {
    private var table = DenialTable(at: 0)

    private static func denial(_ reason: DenialReason, from address: UInt32) -> Denial {
        let source = IPAddress.v4(IPv4Address(bits: address))
        return Denial(reason, of: SourceKey(source), to: "W", at: "0.0.0.0:9030")
    }

    private mutating func record(
        _ reason: DenialReason = .notInWhitelist,
        from address: UInt32 = 1,
        lines: Int = 10,
        at second: Int64 = 0
    ) -> DenialTable.Treatment {
        table.record(
            Self.denial(reason, from: address),
            linesInMinute: lines,
            at: UnixTime(seconds: second),
            milliseconds: second * 1_000
        )
    }

    @Test("Each source and reason is counted, with its first and last time")
    mutating func counted() {
        for second in 0..<5 as Range<Int64> { _ = record(at: second) }
        _ = record(.deniedByRule, at: 9)
        _ = record(from: 2, at: 3)
        let records = DenialList.merged([table.list]).denials
        #expect(records.map(\.count) == [1, 5, 1])
        #expect(records.map(\.reason) == [.deniedByRule, .notInWhitelist, .notInWhitelist])
        #expect(records[1].firstSeen.seconds == 0 && records[1].lastSeen.seconds == 4)
        #expect(records.map(\.source.description) == ["0.0.0.1/32", "0.0.0.1/32", "0.0.0.2/32"])
    }

    @Test("Clients that shadow mode admits are counted apart, and use up no one's lines or answers")
    mutating func shadow() {
        for _ in 0..<1_000 {
            table.recordShadow(Self.denial(.notInWhitelist, from: 1), at: UnixTime(seconds: 7))
        }
        let treatment = record(at: 8)
        #expect(treatment.isAnswered && treatment.isLogged && treatment.unlogged == 0)
        let records = DenialList.merged([table.list]).denials
        #expect(records.map(\.shadow) == [nil, true] && records.map(\.count) == [1, 1_000])
    }

    @Test("Lines per minute are limited, and the next line has the number of missing ones")
    mutating func lines() {
        let first = (0..<100).map { _ in record(at: 0) }
        #expect(first.map(\.isLogged) == (0..<100).map { $0 < 10 })
        #expect(first.allSatisfy { $0.unlogged == 0 })
        let next = record(at: 60)
        #expect(next.isLogged && next.unlogged == 90)
        #expect(record(at: 60).unlogged == 0)
    }

    @Test("Without a limit of lines, each denial has one")
    mutating func unlimited() {
        for _ in 0..<10_000 { #expect(record(lines: 0).isLogged) }
    }

    @Test("Any number of sources share a limit of lines too")
    mutating func manySources() {
        let logged = (0..<50_000).count { record(from: UInt32($0)).isLogged }
        #expect(logged == 2_000)
    }

    @Test("A source that keeps retrying is no longer answered for a minute")
    mutating func answers() {
        let answered = (0..<200).map { _ in record() }.map(\.isAnswered)
        #expect(answered == (0..<200).map { $0 < 64 })
        #expect(record(.deniedByRule).isAnswered, "another reason is another matter")
        #expect(!record(at: 59).isAnswered)
        #expect(record(at: 60).isAnswered)
    }

    @Test("Denials that are not the source's doing are always answered, and logged like others")
    mutating func outages() {
        for reason in [DenialReason.noBackend, .connectionLimit] {
            let treatments = (0..<500).map { _ in record(reason) }
            #expect(treatments.allSatisfy { $0.isAnswered })
            #expect(treatments.count { $0.isLogged } == 10)
        }
    }

    @Test("All reasons share the lines of a gateway, and its tables divide them")
    func sharedLines() {
        for tableCount in [1, 4] {
            var table = DenialTable(sharingLinesAmong: tableCount, at: 0)
            let reasons = [
                DenialReason.notInWhitelist, .connectionLimit, .noBackend, .badProxyHeader,
            ]
            let logged = (0..<20_000).count { number in
                table.record(
                    Self.denial(reasons[number % 4], from: UInt32(number)),
                    linesInMinute: 60,
                    at: UnixTime(seconds: 0),
                    milliseconds: 0
                ).isLogged
            }
            #expect(logged == 2_000 / tableCount)
        }
    }

    @Test("Rule and detail are those of the last denial; each listener has a record of its own")
    mutating func lastDenial() throws {
        let rules = [try CIDRBlock(parsing: "10.0.0.0/8"), try CIDRBlock(parsing: "10.1.0.0/16")]
        for (index, listener) in ["a", "b", "a"].enumerated() {
            let source = SourceKey(.v4(IPv4Address(10, 1, 0, 1)))
            let denial = Denial(
                .deniedByRule,
                of: source,
                to: "W",
                at: listener,
                by: rules[index / 2],
                detail: "\(index)"
            )
            _ = table.record(
                denial,
                linesInMinute: 1,
                at: UnixTime(seconds: Int64(index)),
                milliseconds: 0
            )
        }
        let records = DenialList.merged([table.list]).denials
        #expect(records.map(\.listener) == ["a", "b"])
        #expect(records[0].rule == rules[1] && records[0].detail == "2" && records[0].count == 2)
    }

    @Test("A clock that is set back does not suppress answers for long")
    mutating func clockSetBack() {
        for _ in 0..<100 { _ = record(at: 1_000) }
        #expect(record(at: 10).isAnswered)
    }

    @Test("A scan from everywhere only fills the table, and the latest stay")
    mutating func bounded() {
        for number in 0..<100_000 { _ = record(from: UInt32(number), at: Int64(number)) }
        #expect(table.count <= 4_096)
        let remembered = table.list.denials.reduce(0) { $0 + $1.count }
        #expect(remembered + table.list.forgotten == 100_000, "nothing is missing without a trace")
        #expect(table.list.denials.contains { $0.lastSeen.seconds == 99_999 })
    }

    @Test("Counts of one source on several shards become one record")
    mutating func merged() {
        for second in [3, 7] as [Int64] { _ = record(at: second) }
        var other = DenialTable(at: 0)
        swap(&table, &other)
        _ = record(at: 5)
        let records = DenialList.merged([table.list, other.list]).denials
        #expect(records.map(\.count) == [3])
        #expect(records[0].firstSeen.seconds == 3 && records[0].lastSeen.seconds == 7)
    }

    @Test("The order in which shards answer makes no difference, even within one second")
    func order() throws {
        let source = try CIDRBlock(parsing: "192.0.2.1/32")
        let (first, second) = (UnixTime(seconds: 1), UnixTime(seconds: 2))
        let lists = try ["192.0.2.0/24", "192.0.0.0/16", nil].map { rule in
            DenialList(
                denials: [
                    DenialRecord(
                        warehouse: "W",
                        source: source,
                        reason: .deniedByRule,
                        rule: try rule.map { try CIDRBlock(parsing: $0) },
                        count: 1,
                        firstSeen: first,
                        lastSeen: second
                    )
                ],
                total: 1
            )
        }
        let merged = [[0, 1, 2], [2, 1, 0], [1, 0, 2]].map { order in
            DenialList.merged(order.map { lists[$0] }).denials
        }
        #expect(merged[0].map(\.count) == [3])
        #expect(Set(merged).count == 1)

        let others = ["vpce-2", "vpce-1"].flatMap { id in
            [DenialReason.endpointRejected, .unknownEndpoint].map { reason in
                DenialRecord(
                    warehouse: "W",
                    source: source,
                    endpoint: EndpointName(.aws, id),
                    reason: reason,
                    count: 1,
                    firstSeen: first,
                    lastSeen: second
                )
            }
        }
        let orders = (0..<20).map { _ in
            DenialList.merged([DenialList(denials: others.shuffled(), total: 4)]).denials
        }
        #expect(Set(orders).count == 1 && orders[0].count == 4)
    }
}
