import Addresses
import Testing
import Time

@testable import CIDRTrie

@Suite("Images")
struct ImageTests {
    static let lists: [[String]] = [
        [], ["10.0.0.0/8"], ["0.0.0.0/0", "!10.0.0.0/8 guests", "::/0"],
        (0..<40).map { "10.\($0).0.0/16 office \($0 % 3)" } + [
            "2001:db8::/32", "!2001:db8::1/128",
        ],
        (0..<400).map { "10.1.\($0 / 2).\($0 % 2 * 128)/25" },
        (0..<350).map { "2001:db8:\(String($0 * 3, radix: 16))::/48" },
    ]

    private static func trie(_ lines: [String]) throws -> CompiledTrie {
        var rules = Array(
            CIDRList(parsing: Array(lines.joined(separator: "\n").utf8).span).rules
        )
        for index in rules.indices where index % 5 == 1 {
            rules[index].expiry = UnixTime(seconds: Int64(index) * 1_000)
        }
        return CompiledTrie(try RuleSet(rules))
    }

    @Test(
        "An image that was written can be read, including descriptions and expiries",
        arguments: lists
    )
    func roundTrip(lines: [String]) throws {
        let trie = try Self.trie(lines)
        try trie.checkInvariants()
        let image = trie.image()
        let isImage = CompiledTrie.isImage(image.span)
        #expect(isImage)
        let again = try CompiledTrie(image: image)
        #expect(again == trie)
        #expect(again.image() == image)
        #expect(Array(again.rules) == Array(trie.rules))
        #expect(
            Array(again.rules).map(\.description)
                == lines.map { line in
                    line.split(separator: " ", maxSplits: 1).dropFirst().first.map(String.init)
                        ?? ""
                }
        )
    }

    @Test("A text list is not an image")
    func text() {
        for text in ["", "10.0.0.0/8\n", "\u{89}SLTRI"] {
            let bytes = Array(text.utf8)
            let isImage = CompiledTrie.isImage(bytes.span)
            #expect(!isImage)
            #expect(throws: ImageError.notAnImage) { try CompiledTrie(image: bytes) }
        }
    }

    @Test("Cut anywhere, it is cut off; with more after it, it is too long", arguments: lists)
    func cut(lines: [String]) throws {
        let image = try Self.trie(lines).image()
        let lengths =
            image.count < 1_000
            ? Array(8..<image.count) : (0..<500).map { _ in .random(in: 8..<image.count) }
        for length in lengths {
            #expect(throws: ImageError.truncated) {
                try CompiledTrie(image: Array(image[..<length]))
            }
        }
        #expect(throws: ImageError.trailingBytes(3)) { try CompiledTrie(image: image + [0, 0, 0]) }
    }

    @Test("Every changed bit is detected", arguments: lists.prefix(3))
    func bits(lines: [String]) throws {
        let image = try Self.trie(lines).image()
        for offset in image.indices {
            for bit in 0..<8 {
                var damaged = image
                damaged[offset] ^= 1 << UInt8(bit)
                #expect(throws: ImageError.self) { try CompiledTrie(image: damaged) }
            }
        }
    }

    @Test("Another format and another byte order are distinguished from damage")
    func header() throws {
        var image = try Self.trie(Self.lists[1]).image()
        image[8] = 9
        ImageWriter.seal(&image)
        #expect(throws: ImageError.version(9)) { try CompiledTrie(image: image) }
        image[12..<16].reverse()
        #expect(throws: ImageError.byteOrder) { try CompiledTrie(image: image) }
        #expect("\(ImageError.version(9))".contains("compile it again"))
    }

    @Test("A list of rules without descriptions takes 6 bytes for each of IPv4, 22 of IPv6")
    func size() throws {
        let v4 = try Self.trie((0..<50).map { "10.0.0.\($0)" }.map { $0 })
        let rules = RuleTable(Array(v4.rules).map { Rule(block: $0.block) })
        #expect(rules.heads.count * 2 + rules.positions.count * 4 == 50 * 6)
        #expect(rules.networks.isEmpty && rules.descriptions.isEmpty && rules.expiries.isEmpty)
    }
}
