import Addresses
import SeededRandom
import Testing
import Time

@testable import CIDRTrie

/// An image whose checksum is right may still have been made by an enemy.
@Suite("Maliciously crafted images")
struct ImageFuzzTests {
    /// Loads the image under a right checksum; what loads is asked.
    private func tryOut(_ image: [UInt8], addresses: [IPAddress]) {
        var sealed = image
        ImageWriter.seal(&sealed)
        // `try?`: an error is as good as an answer; only a crash or an endless loop is not.
        guard let trie = try? CompiledTrie(image: sealed) else { return }
        for address in addresses {
            let now = UnixTime(seconds: 1)
            guard let rule = trie.match(for: address) else { continue }
            #expect(trie.verdict(for: address) == trie.rules[rule].action)
            _ = trie.decision(for: address, at: now)
        }
    }

    private static func trie(_ rules: [Rule]) throws -> CompiledTrie {
        CompiledTrie(try RuleSet(rules))
    }

    @Test("Any single word changed", arguments: IPFamily.allCases)
    func words(family: IPFamily) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomRules(seed: seed)
        var rules = random.rules(count: 20, family: family)
        for index in rules.indices where index % 3 == 0 {
            rules[index].expiry = UnixTime(seconds: 0)
            rules[index].description = "rule \(index)"
        }
        let addresses = random.addresses(for: rules, family: family)
        let image = try Self.trie(rules).image()
        for offset in stride(from: 24, to: image.count - 8, by: 4) {
            for value in [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xc000_0001, 0x4000_0000]
                as [UInt32]
            {
                var damaged = image
                for byte in 0..<4 {
                    damaged[offset + byte] = UInt8(value >> UInt32(8 * byte) & 0xff)
                }
                tryOut(damaged, addresses: addresses)
            }
        }
    }

    @Test("Any bytes changed, repeated, removed or inserted", arguments: IPFamily.allCases)
    func bytes(family: IPFamily) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomRules(seed: seed)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let rules = random.rules(count: 60, family: family)
            let addresses = Array(random.addresses(for: rules, family: family).prefix(100))
            let image = try Self.trie(rules).image()
            for _ in 0..<100 { tryOut(image.damaged(by: &generator), addresses: addresses) }
        }
    }

    @Test("Nodes that point to each other, to themselves or nowhere are rejected")
    func circles() throws {
        let trie = try Self.trie(
            (0..<200).map {
                Rule(block: CIDRBlock(containing: .v4(IPv4Address(10, 1, $0, 0)), prefixLength: 25))
            }
        )
        var refusedCount = 0
        for index in trie.v4.words.indices {
            for pointer in [
                Slot(branchAt: 0, shift: 32), Slot(.lowHalf, at: index),
                Slot(.bucket64, at: 1 << 26),
            ] {
                var words = trie.v4.words
                words[index] = pointer.rawValue
                let damaged = CompiledTrie(
                    rules: trie.rules,
                    order: trie.order,
                    v4: RadixTrie(words: words, table: trie.v4.table),
                    v6: trie.v6,
                    history: trie.history
                )
                if throws_(damaged) { refusedCount += 1 }
            }
        }
        // All but some in the padding between nodes and in lanes.
        #expect(refusedCount > trie.v4.words.count)
    }

    private func throws_(_ trie: CompiledTrie) -> Bool {
        do {
            try trie.checkInvariants()
            return false
        } catch {
            return true
        }
    }
}

extension [UInt8] {
    fileprivate func damaged(by random: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let offset = Int.random(in: 24..<bytes.count - 8, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes.removeSubrange(offset..<Swift.min(bytes.count - 8, offset + 4))
            case 1:
                bytes.insert(
                    contentsOf: bytes[offset..<Swift.min(bytes.count, offset + 16)],
                    at: offset
                )
            case 2: bytes[offset] = 0xff
            case 3: bytes[offset] = 0
            case 4: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes[offset] = UInt8.random(in: 0...255, using: &random)
            }
            guard bytes.count > 40 else { return bytes }
        }
        return bytes
    }
}
