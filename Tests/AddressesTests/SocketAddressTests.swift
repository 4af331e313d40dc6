import Addresses
import Testing

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "An address and a port are parsed and written identically",
        arguments: [
            "127.0.0.1:9030", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:80",
        ]
    )
    func roundTrip(text: String) throws {
        let address = try SocketAddress(parsing: text)
        #expect(address.description == text)
        var bytes: [UInt8] = []
        address.write(to: &bytes)
        #expect(bytes == Array(text.utf8))
    }

    @Test(
        "A block's bytes are those of its text",
        arguments: ["0.0.0.0/0", "10.0.0.0/8", "::1/128"]
    )
    func block(text: String) throws {
        var bytes: [UInt8] = []
        try CIDRBlock(parsing: text).write(to: &bytes)
        #expect(bytes == Array(text.utf8))
    }

    @Test(
        "Every invalid text is refused with its reason and offset",
        arguments: [
            ("", AddressSyntaxError.Reason.empty, 0),
            ("127.0.0.1", .missingPort, 9),
            ("127.0.0.1:", .missingPort, 10),
            ("[::1]", .missingPort, 5),
            ("127.0.0.1:65536", .numberTooLarge(limit: 65535), 10),
            ("127.0.0.1:080", .leadingZero, 10),
            ("127.0.0.1:80 ", .blanks(suggestion: "127.0.0.1:80"), 12),
            ("127.0.0.1 : 80", .blanks(suggestion: "127.0.0.1:80"), 9),
            ("[::1] :80", .blanks(suggestion: "[::1]:80"), 5),
            ("127.0.0.1:80 office", .trailingText(after: "127.0.0.1:80"), 12),
            ("::1", .missingBrackets, 0),
            ("[::1:80", .missingBrackets, 0),
            ("[::1]80", .unexpectedByte(UInt8(ascii: "8")), 5),
            ("[127.0.0.1]:80", .tooFewGroups, 10),
            ("[fe80::1%eth0]:80", .zone, 8),
            ("localhost:80", .name, 0), ("http://[::1]:80", .name, 0),
            ("9030", .missingAddress(port: 9030), 0), (":9030", .missingAddress(port: 9030), 0),
            ("*:9030", .missingAddress(port: 9030), 0),
            ("2001:db8:0:0:0:0:0:1:80", .missingBrackets, 0),
        ]
    )
    func fault(text: String, reason: AddressSyntaxError.Reason, offset: Int) {
        let error = #expect(throws: AddressSyntaxError.self) { try SocketAddress(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }
}
