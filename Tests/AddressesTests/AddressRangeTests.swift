import Addresses
import Testing

@Suite("Address ranges")
struct AddressRangeTests {
    @Test(
        "A range becomes the fewest blocks",
        arguments: [
            ("10.0.0.0-10.255.255.255", ["10.0.0.0/8"]),
            ("10.0.0.1-10.0.0.1", ["10.0.0.1/32"]),
            ("10.0.0.1-10.0.0.6", ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"]),
            ("0.0.0.0-255.255.255.255", ["0.0.0.0/0"]),
            ("255.255.255.254-255.255.255.255", ["255.255.255.254/31"]),
            ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ["::/0"]),
            ("2001:db8::-2001:db8::2", ["2001:db8::/127", "2001:db8::2/128"]),
            ("::ffff:192.0.2.0-::ffff:192.0.2.255", ["192.0.2.0/24"]),
            ("192.0.2.7", ["192.0.2.7/32"]),
            ("192.0.2.0/24", ["192.0.2.0/24"]),
            ("192.0.2.0 - 192.0.2.255", ["192.0.2.0/24"]),
            ("192.0.2.0- 192.0.2.255", ["192.0.2.0/24"]),
            ("192.0.2.0 -192.0.2.255", ["192.0.2.0/24"]),
            ("192.0.2.0\t–\u{a0}192.0.2.255", ["192.0.2.0/24"]),
            ("192.0.2.0—192.0.2.255", ["192.0.2.0/24"]), ("::−::1", ["::/127"]),
            ("192.0.2.0 /24", ["192.0.2.0/24"]), ("192.0.2.0 / 24", ["192.0.2.0/24"]),
        ]
    )
    func blocks(text: String, blocks: [String]) throws {
        #expect(try AddressRange(parsing: text).blocks.map(\.description) == blocks)
    }

    @Test("Within one octet, every range's blocks contain exactly its addresses")
    func exhaustive() throws {
        for first in UInt8.min...UInt8.max {
            for last in first...UInt8.max {
                let range = try #require(
                    AddressRange(
                        from: .v4(.init(9, 9, 9, first)),
                        through: .v4(.init(9, 9, 9, last))
                    )
                )
                var next = range.first.bits
                for block in range.blocks {
                    #expect(block.first.bits == next)
                    next = block.last.bits + 1
                }
                #expect(next == range.last.bits + 1)
            }
        }
    }

    @Test("The worst range takes 62 blocks for IPv4 and 254 for IPv6")
    func worst() throws {
        #expect(try AddressRange(parsing: "0.0.0.1-255.255.255.254").blocks.count == 62)
        let v6 = "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"
        #expect(try AddressRange(parsing: v6).blocks.count == 254)
    }

    @Test(
        "The error of an invalid range shows where it is, and what was probably meant",
        arguments: [
            ("10.0.0.1-", AddressSyntaxError.Reason.unfinishedRange, 9, nil),
            ("10.0.0.1 – ", .unfinishedRange, 13, nil),
            ("10.0.0.1-office", .unfinishedRange, 9, nil),
            ("10.0.0.0/8 office", .trailingText(after: "10.0.0.0/8"), 11, nil),
            ("10.19.0.0/24 // c", .trailingText(after: "10.19.0.0/24"), 13, nil),
            ("10.0.0.1 10.0.0.2", .trailingText(after: "10.0.0.1"), 9, nil),
            ("10.4.0.0 - 10.4.0.9 - x", .trailingText(after: "10.4.0.0 - 10.4.0.9"), 20, nil),
            ("10.0.0.1:3306", .port, 8, nil), ("[::1]", .brackets, 0, nil),
            ("office.example", .name, 0, nil), ("１０.0.0.1", .unexpectedCharacter("１"), 0, nil),
            ("10.0.0.1，", .unexpectedCharacter("，"), 8, nil),
        ] as [(String, AddressSyntaxError.Reason, Int, String?)]
    )
    func faults(text: String, reason: AddressSyntaxError.Reason, offset: Int, suggestion: String?) {
        let error = #expect(throws: AddressSyntaxError.self) { try AddressRange(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
        #expect(error?.reason.suggestion == suggestion)
    }

    @Test(
        "If another program's form is used, the accepted form is suggested",
        arguments: [
            ("10.1.*.*", "10.1.0.0/16"), ("*", "0.0.0.0/0"), ("10.1", "10.1.0.0/16"),
            ("10.1.", "10.1.0.0/16"), ("10/8", "10.0.0.0/8"), ("0/0", "0.0.0.0/0"),
            ("10.0.0.1-50", "10.0.0.1-10.0.0.50"),
            ("10.0.0.1 - 50", "10.0.0.1-10.0.0.50"), ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
            ("10.0.0.1 to 10.0.0.9", "10.0.0.1-10.0.0.9"), ("::1 THROUGH ::9", "::1-::9"),
            ("10.0.0.1..10.0.0.9", "10.0.0.1-10.0.0.9"), ("10. 0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.0/24-10.0.1.0/24", "10.0.0.0-10.0.1.255"),
            ("10.0.0.0/24 - 10.0.1.9", "10.0.0.0-10.0.1.9"), ("10.0.0.0 255.0.0.0", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"), ("10.0.0.0/0.0.0.255", "10.0.0.0/24"),
        ]
    )
    func suggestions(text: String, suggestion: String) {
        let error = #expect(throws: AddressSyntaxError.self) { try AddressRange(parsing: text) }
        #expect(error?.reason.suggestion == suggestion)
        #expect(error?.description.contains("did you mean \(suggestion)?") == true)
    }

    @Test(
        "A range that goes backwards or mixes families is rejected",
        arguments: [
            "10.0.0.2-10.0.0.1", "10.0.0.1-::1", "::1-10.0.0.1",
        ]
    )
    func inverted(text: String) {
        let error = #expect(throws: AddressSyntaxError.self) { try AddressRange(parsing: text) }
        #expect(error?.reason == .invertedRange)
    }
}
