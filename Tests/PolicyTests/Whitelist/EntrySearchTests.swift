import Addresses
import CIDRTrie
import Policy
import SeededRandom
import Testing

@Suite("Searching a list of entries")
struct EntrySearchTests {
    private static func entry(_ text: String, _ description: String = "") throws -> WhitelistEntry {
        let block = try CIDRBlock(parsing: text.contains("/") ? text : text + "/32")
        return WhitelistEntry(Rule(block: block, description: description), text: text)
    }

    private static func list() throws -> EntryList {
        EntryList(
            .entries,
            try [
                entry("203.0.113.0/24", "Office Lisbon"), entry("203.0.113.7", "Büro Köln"),
                entry("0.0.0.0/0"), entry("10.0.0.0/8", "VPN (old)"),
                WhitelistEntry(
                    Rule(block: try CIDRBlock(parsing: "2001:db8::/32"), description: "office"),
                    text: "2001:DB8:0::/32"
                ),
            ]
        )
    }

    private func found(_ text: String) throws -> [String] {
        let list = try Self.list()
        return list.indices(containing: text).map { list[$0].text }
    }

    @Test("A part of the block as it was written, or of the description, in any case")
    func parts() throws {
        #expect(try found("113.") == ["203.0.113.0/24", "203.0.113.7"])
        #expect(try found("/24") == ["203.0.113.0/24"])
        #expect(try found("/32") == ["2001:DB8:0::/32"])
        #expect(try found("db8:0") == ["2001:DB8:0::/32"])
        #expect(try found("OFFICE") == ["203.0.113.0/24", "2001:DB8:0::/32"])
        #expect(try found("köln") == ["203.0.113.7"] && found("büRO") == ["203.0.113.7"])
        #expect(try found("(old)") == ["10.0.0.0/8"])
        #expect(try found("nobody") == [] && found("::1") == [] && found("203.0.113.0/245") == [])
        #expect(try found("").count == 5)
    }

    @Test("The blocks around an address, the widest first")
    func around() throws {
        let list = try Self.list()
        let indices = list.indices(around: try IPAddress(parsing: "203.0.113.7"))
        #expect(indices.map { list[$0].text } == ["0.0.0.0/0", "203.0.113.0/24", "203.0.113.7"])
        let v6 = list.indices(around: try IPAddress(parsing: "2001:db8::7"))
        #expect(v6.map { list[$0].text } == ["2001:DB8:0::/32"])
    }

    @Test("It finds what a comparison of all texts finds")
    func model() throws {
        var generator = SeededGenerator(seed: 7)
        let descriptions = ["", "Office", "öffice 10", "10.0", "A.B"]
        let entries = (0..<300).map { _ in
            let address = IPv4Address(bits: 0x0A00_0000 | generator.next() & 0xffff)
            let length = UInt8.random(in: 8...32, using: &generator)
            let block = CIDRBlock(containing: .v4(address), prefixLength: length)
            let description = descriptions.randomElement(using: &generator) ?? ""
            return WhitelistEntry(Rule(block: block, description: description))
        }
        let list = EntryList(.entries, entries)
        for text in ["10.0", "0.", "/2", "off", "ÖFF", ".1", "a.b", "10", "x"] {
            let wanted = text.lowercased()
            let expected = list.entries.filter { _, entry in
                entry.text.lowercased().contains(wanted)
                    || entry.rule.description.lowercased().contains(wanted)
            }
            #expect(
                list.indices(containing: text).map { list[$0] } == expected.map(\.entry),
                "\(text)"
            )
        }
    }
}
