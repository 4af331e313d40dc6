import Addresses
import Foundation
import SeededRandom
import Testing

@Suite("Addresses as text")
struct AddressTextTests {
    @Test("The written, described and encoded text is the same, and can be parsed")
    func sameText() throws {
        try expectText("192.0.2.1", IPv4Address.self)
        try expectText("2001:db8::1", IPv6Address.self)
        try expectText("::ffff:192.0.2.1", IPv6Address.self)
        for text in ["0.0.0.0", "255.255.255.255", "::", "1:2:3:4:5:6:7:8"] {
            try expectText(text, IPAddress.self)
        }
        for text in ["0.0.0.0/0", "192.0.2.1/32", "2001:db8::/32", "::1/128"] {
            try expectText(text, CIDRBlock.self)
        }
        for text in ["192.0.2.1-192.0.2.9", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            try expectText(text, AddressRange.self)
        }
        for text in ["192.0.2.1:0", "255.255.255.255:65535", "[::1]:9030"] {
            try expectText(text, SocketAddress.self)
        }
    }

    private func expectText<Value: AddressText>(_ text: String, _ type: Value.Type) throws {
        let value = try Value(parsing: text)
        #expect(value.description == text)
        var bytes = Array("from ".utf8)
        value.write(to: &bytes)
        #expect(bytes == Array("from \(text)".utf8))
        let encoded = try JSONEncoder().encode([value])
        #expect(String(decoding: encoded, as: UTF8.self) == "[\"\(text.escaped)\"]")
        #expect(try JSONDecoder().decode([Value].self, from: encoded) == [value])
    }

    @Test("Decoding an invalid text is an error with the reason")
    func decoding() {
        let data = Data(#"["10.0.0.1/8"]"#.utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([CIDRBlock].self, from: data)
        }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription == "host bits are set (did you mean 10.0.0.0/8?)")
    }

    @Test(
        "In groups only, a mapped address does not end in dotted decimal",
        arguments: [
            ("::ffff:192.0.2.1", "::ffff:c000:201"), ("2001:db8::1", "2001:db8::1"), ("::", "::"),
            ("1::", "1::"), ("1:0:0:4::8", "1:0:0:4::8"), ("::1:0:0:1", "::1:0:0:1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ]
    )
    func groups(text: String, groups: String) throws {
        var bytes: [UInt8] = []
        try IPv6Address(parsing: text).writeGroups(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == groups)
    }

    @Test("IPv6 addresses are written as inet_ntop(3) writes them, except for compatible ones")
    func system() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            // Many groups are zero.
            let mask =
                generator.next() & generator.next() | 0xffff
                << UInt64(16 * Int.random(in: 0...3, using: &generator))
            let address = IPv6Address(
                high: generator.next() & mask,
                low: generator.next() & (generator.next() | ~mask)
            )
            // ::192.0.2.1, which RFC 4291 §2.5.5.1 deprecates, is dotted there.
            guard address.high != 0 || address.low >> 32 != 0 else { continue }
            #expect(address.description == systemText(address), "seed \(seed)")
        }
    }

    private func systemText(_ address: IPv6Address) -> String? {
        let bytes = stride(from: 120, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: address.bits >> UInt128($0))
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let written = unsafe inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count))
        let characters = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return unsafe written == nil ? nil : String(decoding: characters, as: UTF8.self)
    }
}

@Suite("An address error has a remedy")
struct AddressSyntaxErrorTests {
    @Test(
        "It shows the problem, and the remedy in parentheses",
        arguments: [
            ("", "missing address (write an address, e.g. 192.0.2.1 or 2001:db8::1)"),
            (
                "office",
                "a name instead of an address (write an address, e.g. 192.0.2.1 or 2001:db8::1)"
            ),
            (
                "10.0.0.256/32",
                "the number is greater than 255 (each of the four numbers is 0 to 255)"
            ),
            ("10.0.0.0/33", "the number is greater than 32 (a prefix length is 0 to 32)"),
            ("::/129", "the number is greater than 128 (a prefix length is 0 to 128)"),
            ("010.0.0.0/8", "a number with a leading zero is ambiguous (remove the zero)"),
            ("10.0.0.0/", "missing prefix length (did you mean 10.0.0.0/32?)"),
            (
                "10.0.0.",
                "an IPv4 address has four numbers (did you mean 10.0.0.0/24?)"
            ),
            ("1::2:", "the address is incomplete (write all of it, e.g. 192.0.2.1 or 2001:db8::1)"),
            (
                "1:2:3:4:5:6:7",
                "an IPv6 address without '::' has eight groups "
                    + "(write all eight, or '::' for zeros, e.g. 2001:db8::1)"
            ),
            ("10.0.0.1/8", "host bits are set (did you mean 10.0.0.0/8?)"),
            (
                "10.0.0.0/255.0.255.0",
                "a netmask instead of a prefix length (write a prefix length, e.g. 192.0.2.0/24)"
            ),
            ("10.0.0.0/8/8", "unexpected '/' (remove it)"),
            (
                "10.0.0.0/8;",
                "unexpected ';' (addresses contain only digits, a-f, '.', ':' and '/')"
            ),
            (
                "10.0.0.0/8，",
                "unexpected '，' (U+FF0C) (addresses contain only digits, a-f, '.', ':' and '/')"
            ),
            (
                "10.0.0.0/\u{1b}",
                "unexpected byte 0x1B (addresses contain only digits, a-f, '.', ':' and '/')"
            ),
            ("1::2::3/64", "'::' may occur only once (write one of them as groups of zeros)"),
            ("fe80::1%eth0", "a zone ('%') is not part of an address (remove it and what follows)"),
            (
                "10.0.0.9-10.0.0.1",
                "the range does not go from a lower to a higher address "
                    + "(write the lower one first; both must be of the same family)"
            ),
        ]
    )
    func words(text: String, words: String) {
        let error = #expect(throws: AddressSyntaxError.self) { try AddressRange(parsing: text) }
        #expect(error?.description == words)
    }

    @Test(
        "So does that of an address with a port",
        arguments: [
            ("127.0.0.1", "missing port (add one, e.g. 192.0.2.1:9030 or [2001:db8::1]:9030)"),
            ("127.0.0.1:65536", "the number is greater than 65535 (a port is 0 to 65535)"),
            ("::1:80", "an IPv6 address before a port needs brackets (e.g. [2001:db8::1]:9030)"),
            (":9030", "missing address (did you mean 0.0.0.0:9030?)"),
        ]
    )
    func ports(text: String, words: String) {
        let error = #expect(throws: AddressSyntaxError.self) { try SocketAddress(parsing: text) }
        #expect(error?.description == words)
    }
}

extension String {
    /// As Foundation writes it in JSON.
    fileprivate var escaped: String { replacing("/", with: #"\/"#) }
}
