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

    @Test("Blocks, addresses, ranges, denials, descriptions and comments")
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
        #expect(list.errors == [])
        #expect(
            lines(list) == [
                "2 allow 198.51.100.0/24 Lisbon", "3 allow 2001:db8:42::/48 Lisbon too",
                "5 allow 203.0.113.7/32", "6 allow 203.0.113.16/30 a lab",
                "7 deny 198.51.100.66/32 the guests' Wi-Fi",
            ]
        )
    }

    @Test("A byte order mark, carriage returns and a missing last line feed are accepted")
    func otherSystems() {
        #expect(lines(list("\u{FEFF}10.0.0.0/8 a\r\n11.0.0.0/8\r\n12.0.0.0/8")).count == 3)
        #expect(lines(list("10.0.0.0/8 a\r\n")) == ["1 allow 10.0.0.0/8 a"])
        #expect(list("").rules.isEmpty && list("\n\n").errors == [])
    }

    @Test("A range becomes as few blocks as possible, all with its line and description")
    func ranges() {
        let list = list("10.0.0.1-10.0.0.6 six")
        #expect(
            lines(list) == [
                "1 allow 10.0.0.1/32 six", "1 allow 10.0.0.2/31 six", "1 allow 10.0.0.4/31 six",
                "1 allow 10.0.0.6/32 six",
            ]
        )
    }

    @Test(
        "A range that goes backwards or mixes families is reported as such, not read as its first address",
        arguments: ["10.4.0.9 - 10.4.0.1", "10.4.0.9-10.4.0.1", "10.4.0.1 - 2001:db8::5"]
    )
    func invertedRanges(text: String) {
        let list = list(text)
        #expect(list.rules.isEmpty)
        #expect(list.errors.map(\.reason) == [.address(.invertedRange)])
    }

    @Test("Each error is reported by line and column, and only affects its own line")
    func errors() {
        let list = list("10.0.0.0/8\n10.0.0.1/8\n !\n11.0.0.0/8\n10.0.0.0/08\n12.0.0.0/8 \u{7}\n")
        #expect(list.rules.map(\.block.description) == ["10.0.0.0/8", "11.0.0.0/8"])
        #expect(list.errors.map(\.line) == [2, 3, 5, 6])
        #expect(list.errors.map(\.column) == [1, 3, 10, 12])
        #expect(list.errors[0].description.contains("10.0.0.0/8"))
    }

    @Test("A line that is too long is an error, and the next one is read")
    func longLine() {
        let long = "10.0.0.0/8 " + String(repeating: "x", count: CIDRList.lineLimit)
        let list = list("\(long)\n11.0.0.0/8")
        #expect(list.errors.map(\.reason) == [.lineTooLong(limit: CIDRList.lineLimit)])
        #expect(list.rules.count == 1)
    }

    @Test("Any bytes: each line is an entry, an error or nothing, and only what it contains")
    func fuzz() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let samples = [
            "10.0.0.0/8 a", "!2001:db8::/32", "# c", "", "10.0.0.1-10.0.0.9 r", "1.2.3.4", "::/0",
            "!10.0.0.1 – 10.0.0.9", "10.0.0.0 / 8 # b", "10.0.0.1 ; 10.0.0.2", "deny 10.0.0.0/8;",
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

    /// A line of a list means what it means in a list of its own.
    private func expectEachLineAlone(_ bytes: [UInt8], _ seed: UInt64) throws {
        let whole = CIDRList(parsing: bytes.span)
        let alone = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated().map { (number: $0 + 1, list: CIDRList(parsing: Array($1).span)) }
        // UTF-16 is recognized at the beginning of a file only, and line ends come in pairs.
        guard !bytes.contains(0xff), !bytes.contains(UInt8(ascii: "\r")) else { return }
        let rules = alone.flatMap { line in line.list.rules.map { (line.number, $0) } }
        #expect(Array(whole.rules) == rules.map(\.1), "seed \(seed)")
        #expect(Array(whole.lines) == rules.map(\.0), "seed \(seed)")
        let invalidLines = alone.filter { !$0.list.errors.isEmpty }.map(\.number)
        #expect(whole.errors.map(\.line) == invalidLines, "seed \(seed)")
    }
}

/// What follows an address is read as meant or is a fault, but never taken for words by mistake.
@Suite("What follows an address in a list")
struct CIDRListDescriptionTests {
    private func list(_ text: String) -> CIDRList { CIDRList(parsing: Array(text.utf8).span) }

    @Test(
        "Ranges and lengths may contain blanks, with any kind of dash and blank",
        arguments: [
            "!10.1.0.0 - 10.1.0.255 quarantine", "!10.1.0.0 – 10.1.0.255 quarantine",
            "!10.1.0.0- 10.1.0.255 quarantine", "!10.1.0.0 -10.1.0.255 quarantine",
            "!10.1.0.0—10.1.0.255\tquarantine", "! 10.1.0.0 /24 quarantine",
            "!10.1.0.0/ 24 # quarantine", "\u{a0}!\u{a0}10.1.0.0\u{a0}/\u{a0}24\u{3000}quarantine",
            "!10.1.0.0/24 ; quarantine", "!10.1.0.0/24;quarantine",
            "\u{FEFF}!10.1.0.0/24 quarantine",
        ]
    )
    func meant(line: String) throws {
        let list = list(line)
        #expect(list.errors == [])
        let block = try CIDRBlock(parsing: "10.1.0.0/24")
        #expect(Array(list.rules) == [Rule(block: block, action: .deny, description: "quarantine")])
    }

    @Test(
        "Text that is not clearly a description is an error with its place and remedy",
        arguments: [
            ("!10.1.0.0 10.1.0.255 quarantine", 11, "one entry per line"),
            ("!10.1.0.0 - quarantine", 13, "after the dash"),
            ("!10.1.0.0 -", 12, "after the dash"),
            ("!10.1.0.0 255.255.0.0", 11, "10.1.0.0/16"),
            ("!10.1.0.0 0.0.0.255", 11, "10.1.0.0/24"),
            ("!10.1.0.0 24", 11, "10.1.0.0/24"), ("!10.1.0.0 8080 office", 11, "# before"),
            ("!10.1.0.0, 10.2.0.0", 10, "unexpected ','"), ("!10.1.0.0 , 10.2.0.0", 11, "# before"),
            ("!10.1.0.0 to 10.1.0.255", 11, "did you mean 10.1.0.0-10.1.0.255?"),
            ("10.19.0.0/24 // c", 14, "# before"), ("10.19.0.0/24 / c", 14, "# before"),
            ("10.4.0.0 - 10.4.0.9 - lab", 21, "# before"),
            ("10.4.0.0-10.4.0.9 /24", 19, "# before"), ("10.4.0.0 / 24 / 8", 15, "# before"),
            ("10.0.0.0/24 - 10.0.1.0/24", 1, "did you mean 10.0.0.0-10.0.1.255?"),
            ("10.0.0.1 expires 2027-01-01", 10, "expires: 2027-01-01T00:00:00Z"),
            ("10.0.0.1 until 2027", 10, "looks like an expiry"),
            ("10.0.0.1 Lisbon, expires: 01.02.2027", 10, "looks like an expiry"),
            ("10.0.0.1 valid until Dec 2027", 10, "looks like an expiry"),
            ("10.0.0.1 expires=2027-01-01T00:00:00Z", 10, "looks like an expiry"),
            ("10.0.0.1 2027-01-01", 10, "looks like an expiry"),
            ("!10.1.0.0 mask 255.255.0.0", 16, "one entry per line"),
            ("!10.1.0.0 ; 10.2.0.0", 13, "one entry per line"),
            ("!10.1.0.0 (10.2.0.0)", 11, "one entry per line"),
            ("!10.1.0.0 2001:db8::1", 11, "one entry per line"),
            ("!10.1.0.0 => office", 11, "# before"), ("!10.1.0.0 | office", 11, "# before"),
            ("10.1.0.0/16 deny", 13, "write !"), ("10.1.0.0/16 REJECT", 13, "write !"),
            ("!10.1.0.0/16 allow", 14, "remove the !"), ("10.1.0.0/16 0;", 14, "# before"),
            ("10.1.0.0/16 1.2", 13, "one entry per line"),
            ("deny 10.1.0.0/16;", 1, "write !10.1.0.0/16"),
            ("allow 1.2.3.0/24;", 1, "write 1.2.3.0/24"),
            ("deny from 10.1.0.0/16", 1, "write !10.1.0.0/16"),
            ("- 10.1.0.0/16", 1, "write 10.1.0.0/16"), ("\"10.1.0.0/16\",", 1, "write 10.1.0.0/16"),
            ("10.1.0.0/16,office", 12, "a space before"), ("cidr,description", 1, "unexpected 'c'"),
            ("10.1.0.1:3306 office", 9, "a port is not allowed"),
            ("10.1.*.*", 6, "10.1.0.0/16"), ("office.example", 1, "a name"),
            ("10.1.0.0/16 a\u{9b}31m", 14, "control character 0x9b"),
            ("10.1.0.0/16 a\u{202e}b", 14, "control character 0x202e"),
            ("10.1.0.0/16 a\u{2028}b", 14, "control character 0x2028"),
        ]
    )
    func errors(line: String, column: Int, words: String) {
        let list = list(line)
        #expect(list.rules.isEmpty)
        #expect(list.errors.map(\.column) == [column])
        #expect(list.errors.first?.description.contains(words) == true, "\(list.errors)")
    }

    @Test(
        "A description may contain numbers, dashes and addresses",
        arguments: [
            "Lisbon", "Lisbon - 3rd floor", "2nd office", "Büro, 2. Stock", "(guests)",
            "\"guests\"",
            "NAT of 10.1.2.3", "blocked by request", "Block C", "v1.2", "12:30 shift", "@anna",
            "until further notice", "open until 18:00", "since 2024-01-01", "Expo 2027",
            "東京", "🏢 office", "allow-listed partner", "aa:bb:cc:dd:ee:ff", "#1 customer",
        ]
    )
    func descriptions(words: String) {
        let list = list("10.0.0.0/8 \(words)\n")
        #expect(list.errors == [])
        let description = words.hasPrefix("#") ? String(words.dropFirst()) : words
        #expect(list.rules.map(\.description) == [description])
    }

    @Test("Anything after # is a description", arguments: ["10.0.0.2", "deny", "24", "- x", ", y"])
    func comments(words: String) {
        #expect(list("10.0.0.1 # \(words)").rules.map(\.description) == [words])
    }

    @Test("A lone carriage return ends a line, and so does CRLF")
    func lineEnds() {
        let list = list("10.0.0.0/8 a\r!10.1.0.0/16 b\r\n\r\n300.0.0.0/8\r")
        #expect(list.rules.map(\.action) == [.allow, .deny])
        #expect(Array(list.lines) == [1, 2])
        #expect(list.errors.map(\.line) == [4])
    }

    @Test("A file in UTF-16 is one error, not one for each line")
    func utf16() {
        for mark in [[0xff, 0xfe], [0xfe, 0xff]] as [[UInt8]] {
            let bytes = mark + Array("10.0.0.0/8\n11.0.0.0/8\n".utf8.flatMap { [$0, 0] })
            #expect(CIDRList(parsing: bytes.span).errors.map(\.reason) == [.utf16])
        }
    }

    @Test("Ranges that become many rules are counted before they fill the memory")
    func ruleLimit() {
        let range = "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\n"
        let bytes = Array(String(repeating: range, count: 1_000).utf8)
        let list = CIDRList(parsing: bytes.span, ruleLimit: 1_000)
        #expect(list.rules.count < 1_300)
        #expect(list.errors.map(\.reason) == [.tooManyRules(limit: 1_000)])
    }
}
