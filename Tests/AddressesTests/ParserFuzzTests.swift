import Addresses
import SeededRandom
import Testing

/// Any bytes at all: what is parsed is written with the same meaning, and nothing crashes.
@Suite("The address parsers with any bytes")
struct ParserFuzzTests {
    private static let count = 60_000

    /// Parses `count` texts, and expects each value to be parsed again from its text.
    private func fuzz<Value: Equatable & CustomStringConvertible>(
        _ parse: (Span<UInt8>) throws(AddressSyntaxError) -> Value
    ) {
        let seed = UInt64.random(in: .min ... .max)
        var texts = RandomBytes(seed: seed)
        var accepted = 0
        for _ in 0..<Self.count {
            let text = texts.next()
            guard let value = try? parse(text.span) else { continue }
            accepted += 1
            let again = try? parse(Array(value.description.utf8).span)
            let shown = String(decoding: text, as: UTF8.self)
            #expect(again == value, "seed \(seed): \(shown) was read as \(value)")
        }
        #expect(accepted > Self.count / 100, "seed \(seed): the texts are too wild to say anything")
    }

    @Test("An address is parsed again from its text")
    func addresses() {
        fuzz { text throws(AddressSyntaxError) in try IPAddress(parsing: text) }
    }

    @Test("So is a block")
    func blocks() {
        fuzz { text throws(AddressSyntaxError) in try CIDRBlock(parsing: text) }
    }

    @Test("So is an address with a port")
    func socketAddresses() {
        fuzz { text throws(AddressSyntaxError) in try SocketAddress(parsing: text) }
    }

    @Test("A range has its first address before its last, both of one family")
    func ranges() {
        let seed = UInt64.random(in: .min ... .max)
        var texts = RandomBytes(seed: seed)
        for _ in 0..<Self.count {
            let text = texts.next() + Array("-".utf8) + texts.next()
            guard let range = try? AddressRange(parsing: text.span) else { continue }
            #expect(range.first <= range.last, "seed \(seed)")
            #expect(range.first.family == range.last.family, "seed \(seed)")
        }
    }

    @Test("An error's offset is within the text, or at its end")
    func places() {
        let seed = UInt64.random(in: .min ... .max)
        var texts = RandomBytes(seed: seed)
        for _ in 0..<Self.count {
            let text = texts.next()
            do throws(AddressSyntaxError) {
                _ = try CIDRBlock(parsing: text.span)
            } catch {
                #expect((0...text.count).contains(error.offset), "seed \(seed)")
            }
        }
    }
}

/// Random bytes, most of them almost addresses.
private struct RandomBytes {
    private static let seeds = [
        "0.0.0.0", "255.255.255.255/32", "203.0.113.7", "10.0.0.0/8", "::", "::1", "2001:db8::/32",
        "fe80::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8/128", "[2001:db8::1]:9030",
        "192.0.2.1:3306", "0/0", "::ffff:10.0.0.0/104",
    ].map { Array($0.utf8) }
    private static let letters = Array("0123456789abcdefABCDEFx:./[]- %\n\0".utf8)

    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next() -> [UInt8] {
        if Int.random(in: 0..<8, using: &random) == 0 {
            return (0..<Int.random(in: 0...48, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
        }
        var text = Self.seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &random) { damage(&text) }
        return text
    }

    private mutating func damage(_ text: inout [UInt8]) {
        let place = Int.random(in: 0...text.count, using: &random)
        let letter = Self.letters.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text.insert(letter, at: place)
        case 1: if place < text.count { text.remove(at: place) }
        default: if place < text.count { text[place] = letter }
        }
    }
}
