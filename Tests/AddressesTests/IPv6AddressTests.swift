import Addresses
import Testing

@Suite("IPv6 addresses")
struct IPv6AddressTests {
    @Test(
        "Every form of RFC 4291 §2.2 is parsed; the one of RFC 5952 is written",
        arguments: [
            ("::", "::"),
            ("::1", "::1"),
            ("1::", "1::"),
            ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("0001:0002:0003:0004:0005:0006:0007:0008", "1:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::ffff:c000:201", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ]
    )
    func forms(text: String, canonical: String) throws {
        let address = try IPv6Address(parsing: text)
        #expect(address.description == canonical)
        #expect(try IPv6Address(parsing: canonical) == address)
    }

    @Test(
        "Every invalid text is refused with its reason and offset",
        arguments: [
            ("", AddressSyntaxError.Reason.empty, 0),
            (":", .unexpectedByte(UInt8(ascii: ":")), 0),
            (":1::", .unexpectedByte(UInt8(ascii: ":")), 0),
            (":::", .unexpectedByte(UInt8(ascii: ":")), 2),
            ("1:::2", .unexpectedByte(UInt8(ascii: ":")), 3),
            ("1::2::3", .repeatedGap, 4),
            ("1:2:3:4:5:6:7", .tooFewGroups, 13),
            ("1:2:3:4:5:6:7:", .unexpectedEnd, 14),
            ("1::2:", .unexpectedEnd, 5),
            ("1:2:3:4:5:6:7:8:9", .tooManyGroups, 16),
            ("1:2:3:4:5:6:7:8::", .tooManyGroups, 15),
            ("::1:2:3:4:5:6:7:8", .tooManyGroups, 16),
            ("1:2:3:4:5:6:7:1.2.3.4", .tooManyGroups, 14),
            ("12345::", .groupTooLong, 0),
            ("::g", .unexpectedByte(UInt8(ascii: "g")), 2),
            ("fe80::1%eth0", .zone, 7),
            ("::1.2.3", .tooFewOctets, 7),
            ("::1.2.3.04", .leadingZero, 8),
            ("::1.2.3.4:5", .unexpectedByte(UInt8(ascii: ":")), 9),
            ("[::1]", .unexpectedByte(UInt8(ascii: "[")), 0),
        ]
    )
    func fault(text: String, reason: AddressSyntaxError.Reason, offset: Int) {
        let error = #expect(throws: AddressSyntaxError.self) { try IPv6Address(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test("A random address is parsed correctly in any form")
    func randomRoundTrip() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            // More groups of zeros and ones than random bits have.
            let bits = (0..<8).reduce(into: UInt128(0)) { bits, _ in
                let isZero = Bool.random(using: &random)
                bits = bits << 16 | (isZero ? 0 : UInt128.random(in: 0...0xffff, using: &random))
            }
            let address = IPv6Address(bits: bits)
            #expect(try IPv6Address(parsing: address.description) == address)
        }
    }
}
