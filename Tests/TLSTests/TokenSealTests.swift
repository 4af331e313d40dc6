import SeededRandom
import TLS
import Testing

@Suite("Sealed tokens")
struct TokenSealTests {
    @Test("What is sealed is opened, at every length", arguments: SeededGenerator.seeds)
    func roundTrip(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let seal = TokenSeal()
        for count in Array(0..<100) + [1_000, 6_000, 24_000] {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = seal.seal(bytes)
            #expect(text.utf8.count == ((count + 28) * 8 + 5) / 6)
            #expect(text.utf8.allSatisfy(Self.isOfToken))
            #expect(seal.open(text) == bytes)
        }
    }

    private static func isOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    @Test("The same bytes are never sealed alike")
    func distinct() {
        let seal = TokenSeal()
        let texts = Set((0..<1_000).map { _ in seal.seal([1, 2, 3]) })
        #expect(texts.count == 1_000)
    }

    @Test("Another key opens nothing, the same key does")
    func keys() {
        let key = [UInt8](1...32)
        let text = TokenSeal(key: key).seal([1, 2, 3])
        #expect(TokenSeal(key: key).open(text) == [1, 2, 3])
        #expect(TokenSeal(key: Array(key.reversed())).open(text) == nil)
        #expect(TokenSeal().open(text) == nil)
    }

    @Test("A known token of AES-256-GCM is opened")
    func known() {
        // Test case 13 of the GCM specification: zeros as key and nonce, and no content.
        let tag: [UInt8] = [
            0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36, 0xb9, 0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb,
            0x73,
            0x8b,
        ]
        let seal = TokenSeal(key: [UInt8](repeating: 0, count: 32))
        #expect(seal.open(Self.encode([UInt8](repeating: 0, count: 12) + tag)) == [])
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
        return String(
            stride(from: 0, to: bits.count, by: 6).map { start in
                alphabet[
                    (0..<6).reduce(0) { value, index in
                        value << 1 | (start + index < bits.count ? Int(bits[start + index]) : 0)
                    }
                ]
            }
        )
    }

    @Test("No changed, cut or extended token is opened")
    func forged() {
        let seal = TokenSeal()
        let text = Array(seal.seal(Array("be-1:8040/path".utf8)).utf8)
        for index in text.indices {
            for byte in "AQgw09-_=+/.~ \0".utf8 where byte != text[index] {
                var changed = text
                changed[index] = byte
                #expect(seal.open(String(decoding: changed, as: UTF8.self)) == nil)
            }
            #expect(seal.open(String(decoding: text[..<index], as: UTF8.self)) == nil)
            #expect(seal.open(String(decoding: text[(index + 1)...], as: UTF8.self)) == nil)
        }
        let whole = String(decoding: text, as: UTF8.self)
        for tail in ["A", "AA", "AAA", "AAAA", "=", "\n", " "] {
            #expect(seal.open(whole + tail) == nil)
        }
        #expect(seal.open("") == nil)
    }

    @Test("What is too long is neither sealed nor opened")
    func long() {
        let seal = TokenSeal()
        #expect(seal.seal([UInt8](repeating: 0, count: 24_549)).isEmpty)
        #expect(seal.seal([UInt8](repeating: 0, count: 24_548)).utf8.count == 32_768)
        #expect(seal.open(String(repeating: "A", count: 32_769)) == nil)
        #expect(seal.open(String(repeating: "A", count: 32_768)) == nil)
    }

    @Test("A key of another length seals nothing", arguments: [0, 16, 31, 33])
    func badKey(count: Int) {
        let seal = TokenSeal(key: [UInt8](repeating: 1, count: count))
        #expect(seal.seal([1]).isEmpty)
        #expect(seal.open("") == nil)
    }

    @Test("Text of any kind is not opened", arguments: SeededGenerator.seeds)
    func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let seal = TokenSeal()
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_é=".utf8
        )
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<120, using: &random)
            let text = (0..<count).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            #expect(seal.open(String(decoding: text, as: UTF8.self)) == nil)
        }
    }

    @Test("Many threads use one seal")
    func threads() async {
        let seal = TokenSeal()
        await withTaskGroup(of: Bool.self) { group in
            for number: UInt8 in 0..<8 {
                group.addTask {
                    (0..<2_000).allSatisfy { _ in seal.open(seal.seal([number])) == [number] }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
