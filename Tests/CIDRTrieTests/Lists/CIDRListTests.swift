import Addresses
import CIDRTrie
import SeededRandom
import Testing

@Suite("Lists as people keep them")
struct CIDRListTests {
    private func list(_ text: String) -> CIDRList { CIDRList(parsing: Array(text.utf8).span) }

    private func lines(_ list: CIDRList) -> [String] {
        zip(list.rules, list.lines).map { rule, line in
            let words = rule.description.isEmpty ? "" : " \(rule.description)"
            return "\(line) \(rule.action) \(rule.block)\(words)"
        }
    }

    @Test("Blocks, addresses, ranges, denials, words and comments")
    func everything() {
        let list = list(
            """
            # Offices
            198.51.100.0/24   Lisbon
            \t2001:db8:42::/48  # Lisbon too

            203.0.113.7
            203.0.113.16-203.0.113.19 a lab
            !198.51.100.66/32 the guests' Wi-Fi
            """
        )
        #expect(list.faults == [])
        #expect(
            lines(list) == [
                "2 allow 198.51.100.0/24 Lisbon", "3 allow 2001:db8:42::/48 Lisbon too",
                "5 allow 203.0.113.7/32", "6 allow 203.0.113.16/30 a lab",
                "7 deny 198.51.100.66/32 the guests' Wi-Fi",
            ]
        )
    }

    @Test("A byte order mark, carriage returns and a missing last line feed do no harm")
    func otherSystems() {
        #expect(lines(list("\u{FEFF}10.0.0.0/8 a\r\n11.0.0.0/8\r\n12.0.0.0/8")).count == 3)
        #expect(lines(list("10.0.0.0/8 a\r\n")) == ["1 allow 10.0.0.0/8 a"])
        #expect(list("").rules == [] && list("\n\n").faults == [])
    }

    @Test("A range takes as many blocks as it must, all with its line and words")
    func ranges() {
        let list = list("10.0.0.1-10.0.0.6 six")
        #expect(
            lines(list) == [
                "1 allow 10.0.0.1/32 six", "1 allow 10.0.0.2/31 six", "1 allow 10.0.0.4/31 six",
                "1 allow 10.0.0.6/32 six",
            ]
        )
    }

    @Test("Each fault is named by line and column, and costs its own line only")
    func faults() {
        let list = list("10.0.0.0/8\n10.0.0.1/8\n !\n11.0.0.0/8\n10.0.0.0/08\n12.0.0.0/8 \u{7}\n")
        #expect(list.rules.map(\.block.description) == ["10.0.0.0/8", "11.0.0.0/8"])
        #expect(list.faults.map(\.line) == [2, 3, 5, 6])
        #expect(list.faults.map(\.column) == [1, 3, 10, 12])
        #expect(list.faults[0].description.contains("10.0.0.0/8"))
    }

    @Test("A line that is longer than any entry is a fault, and the next one is read")
    func longLine() {
        let long = "10.0.0.0/8 " + String(repeating: "x", count: CIDRList.lineLimit)
        let list = list("\(long)\n11.0.0.0/8")
        #expect(list.faults.map(\.reason) == [.lineTooLong(limit: CIDRList.lineLimit)])
        #expect(list.rules.count == 1)
    }

    @Test("Any bytes: each line is an entry, a fault or nothing, and only what stands there")
    func fuzz() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let samples = [
            "10.0.0.0/8 a", "!2001:db8::/32", "# c", "", "10.0.0.1-10.0.0.9 r", "1.2.3.4", "::/0",
        ].map { Array($0.utf8) }
        for _ in 0..<4_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes += try #require(samples.randomElement(using: &random))
                for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                }
                bytes.append(UInt8(ascii: "\n"))
            }
            try expectEachLineAlone(bytes, seed)
        }
    }

    /// A line of a list says what it says in a list of its own.
    private func expectEachLineAlone(_ bytes: [UInt8], _ seed: UInt64) throws {
        let whole = CIDRList(parsing: bytes.span)
        let alone = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated().map { (number: $0 + 1, list: CIDRList(parsing: Array($1).span)) }
        // A byte order mark counts at the beginning of a file only.
        guard !bytes.contains(0xef) else { return }
        let rules = alone.flatMap { line in line.list.rules.map { (line.number, $0) } }
        #expect(whole.rules == rules.map(\.1), "seed \(seed)")
        #expect(whole.lines == rules.map(\.0), "seed \(seed)")
        let faultyLines = alone.filter { !$0.list.faults.isEmpty }.map(\.number)
        #expect(whole.faults.map(\.line) == faultyLines, "seed \(seed)")
    }
}
