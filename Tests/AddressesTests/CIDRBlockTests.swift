import Addresses
import Testing

@Suite("CIDR blocks")
struct CIDRBlockTests {
    @Test(
        "A block is parsed and written identically",
        arguments: [
            "0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32", "128.0.0.0/1", "::/0", "2001:db8::/32",
            "::1/128", "2002::/16", "64:ff9b::/96",
        ]
    )
    func roundTrip(text: String) throws {
        #expect(try CIDRBlock(parsing: text).description == text)
    }

    @Test(
        "A block of IPv4-mapped addresses is the IPv4 block",
        arguments: [
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"), ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:c000:201/128", "192.0.2.1/32"),
        ]
    )
    func mapped(text: String, block: String) throws {
        #expect(try CIDRBlock(parsing: text).description == block)
    }

    @Test(
        "Host bits are rejected, and the network is suggested",
        arguments: [
            ("10.1.2.3/8", "10.0.0.0/8"), ("192.0.2.1/31", "192.0.2.0/31"),
            ("1.2.3.4/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"), ("::1/127", "::/127"), ("ffff::/0", "::/0"),
            ("::ffff:10.0.0.1/104", "10.0.0.0/8"), ("::ffff:10.0.0.0/8", "10.0.0.0/8"),
        ]
    )
    func hostBits(text: String, suggestion: String) throws {
        let block = try CIDRBlock(parsing: suggestion)
        let error = #expect(throws: AddressSyntaxError.self) { try CIDRBlock(parsing: text) }
        #expect(error?.reason == .hostBits(suggestion: block))
        #expect(error?.description.contains(suggestion) == true)
    }

    private static let alone = CIDRBlock(.v4(IPv4Address(10, 0, 0, 0)))
    private static let ten = CIDRBlock(containing: .v4(IPv4Address(10, 0, 0, 0)), prefixLength: 8)

    @Test(
        "Every other invalid text is rejected with its reason and offset",
        arguments: [
            ("", AddressSyntaxError.Reason.empty, 0),
            ("/8", .empty, 0),
            ("10.0.0.0/", .missingPrefixLength(suggestion: Self.alone), 9),
            ("10.0.0.0/33", .numberTooLarge(limit: 32), 9),
            ("::/129", .numberTooLarge(limit: 128), 3),
            ("10.0.0.0/08", .leadingZero, 9),
            ("10.0.0.0/-1", .unexpectedByte(UInt8(ascii: "-")), 9),
            ("10.0.0.0/8 ", .blanks(suggestion: "10.0.0.0/8"), 10),
            ("10.0.0.0/8/8", .unexpectedByte(UInt8(ascii: "/")), 10),
            ("10.0.0.0/255.0.0.0", .netmask(suggestion: Self.ten), 9),
            ("10.0.0.0/0.255.255.255", .netmask(suggestion: Self.ten), 9),
            ("10.0.0.0/255.0.255.0", .netmask(suggestion: nil), 9),
            ("2001:db8::/ffff:ffff::", .netmask(suggestion: nil), 11),
            ("10/8", .shortForm(suggestion: Self.ten), 2),
            ("10.*.*.*", .wildcard(suggestion: Self.ten), 3),
            ("10.*.0.0", .wildcard(suggestion: nil), 3),
            ("010.0.0.0/8", .leadingZero, 0),
            ("fe80::%eth0/64", .zone, 6),
        ]
    )
    func fault(text: String, reason: AddressSyntaxError.Reason, offset: Int) {
        let error = #expect(throws: AddressSyntaxError.self) { try CIDRBlock(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test("An address without a length is rejected, and its own block is suggested")
    func missingLength() throws {
        let error = #expect(throws: AddressSyntaxError.self) { try CIDRBlock(parsing: "192.0.2.1") }
        let block = try CIDRBlock(parsing: "192.0.2.1/32")
        #expect(error?.reason == .missingPrefixLength(suggestion: block))
    }

    @Test(
        "A block contains its first and last address and none next to them",
        arguments: [
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("192.0.2.4/31", "192.0.2.4", "192.0.2.5"),
            ("192.0.2.4/32", "192.0.2.4", "192.0.2.4"),
            ("240.0.0.0/4", "240.0.0.0", "255.255.255.255"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"),
            ("2001:db8::6/127", "2001:db8::6", "2001:db8::7"),
        ]
    )
    func edges(text: String, first: String, last: String) throws {
        let block = try CIDRBlock(parsing: text)
        #expect(block.first.description == first)
        #expect(block.last.description == last)
        #expect(block.contains(block.first) && block.contains(block.last))
        let before = IPAddress(block.family, bits: block.first.bits &- 1)
        let behind = IPAddress(block.family, bits: block.last.bits &+ 1)
        #expect(block.contains(before) == (block.prefixLength == 0))
        #expect(block.contains(behind) == (block.prefixLength == 0))
    }

    @Test("0.0.0.0/0 contains no IPv6 address and ::/0 no IPv4 address, mapped or not")
    func families() throws {
        let everyV4 = try CIDRBlock(parsing: "0.0.0.0/0")
        let everyV6 = try CIDRBlock(parsing: "::/0")
        #expect(!everyV4.contains(try IPAddress(parsing: "::ffff:192.0.2.1")))
        #expect(everyV4.contains(try IPAddress(parsing: "::ffff:192.0.2.1").unmapped))
        #expect(!everyV6.contains(try IPAddress(parsing: "192.0.2.1")))
    }
}
