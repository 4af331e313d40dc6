import Addresses
import Testing

@Suite("IPv4 addresses")
struct IPv4AddressTests {
    @Test(
        "Dotted decimal is parsed and written identically",
        arguments: [
            ("0.0.0.0", 0), ("192.0.2.1", 0xc000_0201), ("255.255.255.255", 0xffff_ffff),
        ]
    )
    func roundTrip(text: String, bits: UInt32) throws {
        let address = try IPv4Address(parsing: text)
        #expect(address.bits == bits)
        #expect(address.description == text)
    }

    @Test(
        "Every invalid text is refused with its reason and offset",
        arguments: [
            ("", AddressSyntaxError.Reason.empty, 0),
            ("1", .tooFewOctets, 1),
            ("10.1", .tooFewOctets, 4),
            ("1.2.3", .tooFewOctets, 5),
            ("1.2.3.", .unexpectedEnd, 6),
            ("1..3.4", .unexpectedByte(UInt8(ascii: ".")), 2),
            ("1.2.3.4.", .tooManyOctets, 7),
            ("1.2.3.4.5", .tooManyOctets, 7),
            ("01.2.3.4", .leadingZero, 0),
            ("1.2.3.00", .leadingZero, 6),
            ("1.2.256.4", .numberTooLarge(limit: 255), 4),
            ("1.2.99999999999999999999.4", .numberTooLarge(limit: 255), 4),
            ("+1.2.3.4", .unexpectedByte(UInt8(ascii: "+")), 0),
            (" 1.2.3.4", .unexpectedByte(UInt8(ascii: " ")), 0),
            ("1.2.3.4 ", .unexpectedByte(UInt8(ascii: " ")), 7),
            ("0x1.2.3.4", .unexpectedByte(UInt8(ascii: "x")), 1),
            ("1.2.3.4%eth0", .zone, 7),
            ("١.2.3.4", .unexpectedCharacter("١"), 0),
        ]
    )
    func fault(text: String, reason: AddressSyntaxError.Reason, offset: Int) {
        let error = #expect(throws: AddressSyntaxError.self) { try IPv4Address(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }
}
