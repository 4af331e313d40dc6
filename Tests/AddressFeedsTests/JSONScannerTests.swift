import Addresses
import Foundation
import SeededRandom
import Testing

@testable import AddressFeeds

@Suite("Reading JSON with places")
struct JSONScannerTests {
    private func fault(_ text: String) -> String? { fault(Array(text.utf8)) }

    private func fault(_ bytes: [UInt8]) -> String? {
        var scanner = JSONScanner(bytes)
        do throws(FeedFault) {
            try scanner.skip()
            try scanner.end()
            return scanner.faults.first?.description
        } catch {
            return error.description
        }
    }

    private func string(_ text: String) throws -> String? {
        var scanner = JSONScanner(Array(text.utf8))
        return try scanner.text()?.value
    }

    @Test(
        "What RFC 8259 allows is read",
        arguments: [
            "{}", "[]", " [ 1 , -0.5e+3 , \"x\" , true , false , null ] \r\n", "0", "\"\"",
            "{\"a\":{\"b\":[{}]}}", "1E9", "-0", "[[[[[[]]]]]]",
        ]
    )
    func valid(text: String) {
        #expect(fault(text) == nil)
    }

    @Test(
        "What it does not is a fault with its place",
        arguments: [
            ("", "1:1"), ("[1,]", "1:4"), ("{\"a\" 1}", "1:6"), ("{a:1}", "1:2"), ("01", "1:2"),
            ("[1\n 2]", "2:2"), ("\"\\x\"", "1:2"), ("\"a\tb\"", "1:3"), ("nul", "1:1"),
            ("1.", "1:3"), ("1e", "1:3"), ("-", "1:2"), ("[", "1:2"), ("\"", "1:2"),
            ("[1]]", "1:4"),
            ("\"\\ud800\"", "1:2"), ("\"\\udc00\"", "1:2"), ("\"\\u12\"", "1:2"),
            ("{\"a\":}", "1:6"),
            ("+1", "1:1"), ("NaN", "1:1"), ("'a'", "1:1"), ("{,}", "1:2"), ("[}", "1:2"),
        ]
    )
    func invalid(text: String, place: String) {
        #expect(fault(text)?.hasPrefix("\(place): ") == true, "\(fault(text) ?? "no fault")")
    }

    @Test("Escapes stand for their characters, two surrogates for one")
    func escapes() throws {
        #expect(
            try string(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z""#) == "a\"\\/\u{8}\u{c}\n\r\té😀z"
        )
    }

    @Test("A string that is not UTF-8 is a fault where it begins")
    func invalidUTF8() {
        #expect(fault([0x20, 0x22, 0xff, 0x22]) == "1:2: the string is not UTF-8")
    }

    @Test("Sixty-four levels are read, and a million do no harm")
    func depth() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(fault(nested(64)) == nil)
        #expect(fault(nested(65)) == "1:65: nested more than 64 levels deep")
        #expect(fault(nested(1_000_000))?.hasPrefix("1:65") == true)
        let objects = String(repeating: "{\"a\":", count: 1_000_000)
        #expect(fault(objects)?.contains("nested") == true)
    }

    @Test("It takes and refuses what Foundation does", arguments: 0..<4)
    func againstFoundation(part: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let samples = [
            FeedSamples.google, "[1,-2.5e3,\"a\\u00e9\\n\",{\"b\":null,\"c\":[true,false]}]",
        ]
        for _ in 0..<3_000 {
            var bytes = Array(samples[part % samples.count].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes.damage(using: &generator)
            }
            // Foundation ends at a NUL.
            guard !bytes.contains(0) else { continue }
            let isValid =
                (try? JSONSerialization.jsonObject(
                    with: Data(bytes),
                    options: .fragmentsAllowed
                )) != nil
            let ours = fault(bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            // Foundation takes half of a surrogate pair, and a comma before a closing bracket.
            let isStricter =
                ours?.contains("surrogate") == true
                || fault(text.replacing(/,(\s*[\]}])/) { String($0.output.1) }) == nil
            #expect(
                (ours == nil) == isValid || isValid && isStricter,
                "seed \(seed): \(text): \(ours ?? "")"
            )
        }
    }

    @Test("No damage to a feed crashes, or makes an entry of what the file does not say")
    func damagedFeeds() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let samples: [(String, FeedFormat)] = [
            (FeedSamples.aws, .aws), (FeedSamples.azure, .azure), (FeedSamples.google, .google),
        ]
        for round in 0..<6_000 {
            let (sample, format) = samples[round % samples.count]
            var bytes = Array(sample.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes.damage(using: &generator)
            }
            let feed = AddressFeed(parsing: bytes, as: format)
            for entry in feed.entries {
                let text = bytes.string(at: entry.place)
                let block = text.flatMap { try? CIDRBlock(parsing: $0) }
                #expect(block == entry.block, "seed \(seed): \(text ?? "nothing")")
            }
        }
    }
}

extension [UInt8] {
    /// What stands in quotes at a place; what escapes it has are read by Foundation.
    fileprivate func string(at place: FeedPlace) -> String? {
        let lines = split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let rest = lines[place.line - 1].dropFirst(place.column)
        let text = rest.prefix { $0 != UInt8(ascii: "\"") }
        let quoted = Data([UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")])
        return try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed)
            as? String
    }
}

extension [UInt8] {
    /// Changes, removes, inserts or doubles a few bytes.
    mutating func damage(using generator: inout SeededGenerator) {
        let at = Int.random(in: 0...count, using: &generator)
        let length = Swift.min(Int.random(in: 1...8, using: &generator), count - at)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: if at < count { self[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
        case 1: removeSubrange(at..<at + length)
        case 2:
            insert(Array("{}[]\",:\\0-e .\n".utf8).randomElement(using: &generator) ?? 0, at: at)
        case 3: insert(contentsOf: self[at..<at + length], at: at)
        default: removeLast(count - at)
        }
    }
}
