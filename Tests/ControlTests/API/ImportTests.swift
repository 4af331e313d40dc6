import CIDRTrie
import Policy
import Store
import Testing
import Text
import Time

@testable import Control

private let entries = "/v1/warehouses/W1/whitelist/entries"
private let path = "/v1/warehouses/W1/whitelist/import"

@Suite("Imports over the API", .timeLimit(.minutes(2)))
struct ImportTests {
    private static let text = "10.0.0.1 # new words\n10.0.0.2\n10.0.0.3\n"

    /// Entries that an import must not change by itself: one that is disabled, and one that expires.
    private func addEntries(_ api: APIClient) async throws {
        let disabled: JSONValue = ["cidr": "10.0.0.1", "description": "lab", "enabled": false]
        try await api.expect(201, nil, "POST", entries, disabled)
        let temporary: JSONValue = ["cidr": "10.0.0.2/32", "expiresAt": "2100-01-01T00:00:00Z"]
        try await api.expect(201, nil, "POST", entries, temporary)
    }

    private func outcomes(_ answer: APIAnswer) -> [String: [String?]] {
        let items = answer.data["entries"]?.array ?? []
        return Dictionary(grouping: items) { $0["outcome"]?.string ?? "" }
            .mapValues { $0.map { $0["cidr"]?.string } }
    }

    @Test("Mode add leaves entries that are there exactly as they are, and names the differences")
    func adding() async throws {
        try await StoredGateway().run { api in
            try await addEntries(api)
            let before = try await api.get("\(entries)?list=entries").array ?? []
            let answer = try await api.expect(200, nil, "POST", path, ["text": .string(Self.text)])
            #expect(answer.data["added"] == 1 && answer.data["kept"] == 2)
            #expect(answer.data["changed"] == 0 && answer.data["unchanged"] == 0)
            #expect(outcomes(answer) == ["kept": ["10.0.0.1", "10.0.0.2"], "added": ["10.0.0.3"]])
            let items = answer.data["entries"]?.array ?? []
            #expect(items.first?["differences"] == ["description", "enabled"])
            #expect(items.first?["listed", "enabled"] == false)
            #expect(items.first?["imported", "description"] == "new words")
            #expect(items.map { $0["line"] } == [1, 2, 3])
            #expect(items.map { $0["entryId"] } == ["1", "2", "3"])
            #expect(items.dropFirst().first?["differences"] == ["expiresAt"])
            let after = try await api.get("\(entries)?list=entries").array ?? []
            #expect(Array(after.prefix(2)) == before, "neither editor nor time have changed")
            #expect(after.count == 3)
        }
    }

    @Test("Modes update and replace change entries; their previews list each change and make none")
    func changing() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await addEntries(api)
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.9.0.0/16"])
            let before = try stored.snapshot
            let expected: [(String, Int, [String: [String?]])] = [
                ("update", 0, ["changed": ["10.0.0.1", "10.0.0.2"], "added": ["10.0.0.3"]]),
                (
                    "replace", 1,
                    [
                        "changed": ["10.0.0.1", "10.0.0.2"], "added": ["10.0.0.3"],
                        "removed": ["10.9.0.0/16"],
                    ]
                ),
            ]
            for (mode, removed, items) in expected {
                let body: JSONValue = ["text": .string(Self.text), "mode": .string(mode)]
                let answer = try await api.expect(200, nil, "POST", "\(path)?dryRun=true", body)
                #expect(answer.data["changed"] == 2 && answer.data["removed"] == .integer(removed))
                #expect(outcomes(answer) == items)
                #expect(try stored.snapshot == before)
            }
            let body: JSONValue = ["text": .string(Self.text), "mode": "update"]
            let updated = try await api.expect(200, nil, "POST", path, body)
            #expect(updated.data["changed"] == 2 && updated.data["kept"] == 0)
            let list = try await api.get("\(entries)?list=entries").array ?? []
            #expect(list.map { $0["enabled"] } == [true, true, true, true])
            #expect(list.allSatisfy { $0["expiresAt"] == nil })
            let again = try await api.expect(200, nil, "POST", path, body)
            #expect(again.data["unchanged"] == 3 && again.data["changed"] == 0)
            let acts = try stored.store.audit(after: 0, matching: AuditFilter(), limit: .max)
            #expect(acts.map(\.record.action).count { $0 == "whitelist.entries.import" } == 1)
        }
    }

    @Test("Addresses and blocks are echoed as they were written, ranges as their blocks")
    func texts() async throws {
        try await StoredGateway().run { api in
            let text = """
                10.0.0.1
                10.1.0.0/16 # block
                ::ffff:10.2.0.1
                2001:DB8::1
                10.3.0.0 - 10.3.0.2
                10.4.0.0 /24
                """
            let written = [
                "10.0.0.1", "10.1.0.0/16", "::ffff:10.2.0.1", "2001:DB8::1", "10.3.0.0/31",
                "10.3.0.2/32", "10.4.0.0/24",
            ]
            let answer = try await api.expect(200, nil, "POST", path, ["text": .string(text)])
            #expect(answer.data["entries"]?.texts("cidr") == written)
            let list = try await api.get("\(entries)?list=entries")
            #expect(Set(list.texts("cidr")) == Set(written))
            let other: JSONValue = ["text": "10.0.0.1/32\n2001:db8::1/128"]
            let again = try await api.expect(200, nil, "POST", path, other)
            #expect(again.data["unchanged"] == 2, "how a block is written is no difference")
            #expect(try await api.get("\(entries)?list=entries") == list)
        }
    }

    @Test("Lines without a description get the import's, and all entries its expiry")
    func defaults() async throws {
        try await StoredGateway().run { api in
            let body: JSONValue = [
                "text": "10.0.0.1\n10.0.0.2 # own\n", "description": "lab",
                "expiresAt": "2100-01-01T00:00:00Z",
            ]
            try await api.expect(200, nil, "POST", path, body)
            let list = try await api.get("\(entries)?list=entries")
            #expect(list.texts("description") == ["lab", "own"])
            let end = "2100-01-01T00:00:00Z"
            #expect(list.texts("expiresAt") == [end, end])
            let odd: JSONValue = ["text": "10.0.0.3", "expiresAt": "soon"]
            try await api.expect(400, "InvalidParameter", "POST", path, odd)
            let long: JSONValue = [
                "text": "10.0.0.3", "description": .string(String(repeating: "x", count: 1_025)),
            ]
            try await api.expect(400, "InvalidParameter", "POST", path, long)
        }
    }

    @Test("An answer lists the first hundred entries of each outcome, and counts all")
    func bounds() async throws {
        try await StoredGateway().run { api in
            let text = (0..<250).map { "10.0.\($0).1\n" }.joined()
            let first = try await api.expect(200, nil, "POST", path, ["text": .string(text)])
            #expect(first.data["added"] == 250)
            #expect(first.data["entries"]?.array?.count == ImportResult.itemLimit)
            let body: JSONValue = ["text": "10.1.0.0/16", "mode": "replace"]
            let second = try await api.expect(200, nil, "POST", "\(path)?dryRun=true", body)
            #expect(second.data["removed"] == 250 && second.data["added"] == 1)
            #expect(second.data["entries"]?.array?.count == ImportResult.itemLimit + 1)
        }
    }

    @Test("A new entry without effect is named in a warning, unless all others are replaced")
    func redundancy() async throws {
        try await StoredGateway().run { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            for (mode, warnings) in [
                ("add", ["10.1.0.0/16 is redundant: covered by 10.0.0.0/8 (entry 1)"]),
                ("replace", []),
            ] {
                let body: JSONValue = ["text": "10.1.0.0/16\n10.0.0.0/8", "mode": .string(mode)]
                let answer = try await api.expect(200, nil, "POST", "\(path)?dryRun=true", body)
                #expect(answer.data["effect", "warnings"]?.array?.map(\.string) == warnings)
            }
        }
    }

    @Test("Nothing is changed if any line is invalid, in any mode")
    func allOrNothing() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await addEntries(api)
            let before = try stored.snapshot
            for mode in ["add", "update", "replace"] {
                let body: JSONValue = ["text": "9.9.9.9\r\nx\r\n", "mode": .string(mode)]
                let refusal = try await api.expect(400, "InvalidList", "POST", path, body)
                #expect(refusal.data["errors"]?.array?.map { $0["line"] } == [2])
                #expect(refusal.data["errors"]?.texts("text") == ["x"])
                #expect(try stored.snapshot == before)
            }
        }
    }
}

@Suite("Texts that are imported")
struct ImportedListTests {
    private func read(_ text: String, ruleLimit: Int = 1_000) -> ImportedList {
        ImportedList(of: text.utf8.span, .allow, ruleLimit: ruleLimit)
    }

    @Test(
        "An invalid line is reported with its number, its text and what to do",
        arguments: [
            ("1.1.1.1\r\n10.0.0.1/8\r\n", 2, "10.0.0.1/8", "10.0.0.0/8"),
            ("1.1.1.1\r\r\n\n::1%eth0", 4, "::1%eth0", "zone"),
            ("\u{feff}1.1.1.1\n\u{feff}1.1.1.2\n1.1.1", 3, "1.1.1", "1.1.1"),
            ("1.1.1.1\n2.2.2.2\0\n", 2, "2.2.2.2\0", "0x"),
            ("1.1.1.1\n2.2.2.2 # a\0b\n", 2, "2.2.2.2 # a\0b", "control character 0x0"),
            ("# \0\n\n;\n01.2.3.4", 4, "01.2.3.4", "leading zero"),
            ("::ffff:10.0.0.1/8\n", 1, "::ffff:10.0.0.1/8", "host bits"),
            ("1.1.1.1\n1.1.1.9-1.1.1.1", 2, "1.1.1.9-1.1.1.1", "lower"),
            ("10.0.0.0/8\n\n!10.0.0.0/8", 3, "!10.0.0.0/8", "(see line 1)"),
            ("10.0.0.0-10.0.0.2\n!10.0.0.2", 2, "!10.0.0.2", "(see line 1)"),
            ("1.1.1.1 until 2027", 1, "1.1.1.1 until 2027", "--expires"),
            ("1.1.1.1 office.example, 2.2.2.2", 1, "1.1.1.1 office.example, 2.2.2.2", "second"),
        ]
    )
    func invalid(text: String, line: Int, shown: String, words: String) throws {
        let list = read(text)
        #expect(list.errorCount == 1 && list.entries.isEmpty, "\(list)")
        let error = try #require(list.errors.first)
        #expect(error.line == line && error.text == shown, "\(error)")
        #expect(error.message.contains(words), "\(error)")
        #expect(!error.message.contains("configuration"), "\(error)")
    }

    @Test(
        "Line ends, byte order marks, comments and lines with the same block are no errors",
        arguments: [
            ("1.1.1.1\r\n1.1.1.2\r1.1.1.3\n", ["1.1.1.1", "1.1.1.2", "1.1.1.3"], [1, 2, 3]),
            ("\u{feff}1.1.1.1\n", ["1.1.1.1"], [1]), ("", [], []), ("\n \n#\n;x\n", [], []),
            ("1.1.1.1\n1.1.1.1/32 # again\n::ffff:1.1.1.1", ["1.1.1.1"], [1]),
            (
                "10.0.0.0/8\n10.0.0.0/16\n!10.0.0.0/24",
                ["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24"],
                [1, 2, 3]
            ),
            ("10.0.0.0-10.0.0.2\n10.0.0.2\n", ["10.0.0.0/31", "10.0.0.2/32"], [1, 1]),
        ]
    )
    func valid(text: String, texts: [String], lines: [Int]) {
        let list = read(text)
        #expect(list.errors.isEmpty && list.errorCount == 0)
        #expect(list.entries.map(\.text) == texts && Array(list.lines) == lines)
    }

    @Test("A line of a megabyte is an error, whose text is cut between characters")
    func longLine() throws {
        let long = "1.1.1.1 # " + String(repeating: "é", count: 1 << 19)
        let list = read("2.2.2.2\n\(long)\n3.3.3.3\n4.4.4\n")
        #expect(list.errors.map(\.line) == [2, 4])
        let first = try #require(list.errors.first)
        #expect(first.message.contains("longer than 4096 bytes"))
        #expect(first.text.utf8.count <= 200 && first.text.hasSuffix("é"))
    }

    @Test("More entries than a list takes are an error at the line that exceeds them")
    func cap() throws {
        let list = read(String(repeating: "1.1.1.1\n", count: 5_000))
        #expect(list.errors.map(\.line) == [1_001] && list.entries.isEmpty)
        #expect(list.errors[0].message.contains("1000"))
        let lines = String(repeating: "\n", count: 100_000)
        #expect(read(lines + "1.1.1.1").lines.first == 100_001)
        #expect(read(lines + "x").errors.map(\.line) == [100_001])
    }

    @Test("Of very many invalid lines the first thousand are shown, in order")
    func manyErrors() {
        let list = read(String(repeating: "x\n", count: 20_000))
        #expect(list.errorCount == 10_001)
        #expect(list.errors.map(\.line) == Array(1...1_000))
        #expect(list.errors.allSatisfy { $0.text == "x" })
    }
}
