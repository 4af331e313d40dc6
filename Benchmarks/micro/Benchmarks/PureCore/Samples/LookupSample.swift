import Addresses
import CIDRTrie

/// A compiled list, and addresses to look up: too many for the CPU to predict.
struct LookupSample {
    enum Addresses: String, CaseIterable {
        /// Any in any block.
        case inside = "that match"
        /// In no block, but next to one: a lookup has to go as deep for it.
        case beside = "that do not"
    }

    static let passCount = 64

    let trie: CompiledTrie
    private let addresses: [IPAddress]

    init(_ place: Addresses, _ rules: [Rule]) throws {
        let trie = CompiledTrie(try RuleSet(rules))
        var random = SplitMix64(seed: 3)
        self.trie = trie
        addresses = (0..<Self.passCount * Sample.count).map { _ in
            switch place {
            case .inside: IPAddress(in: rules.randomBlock(using: &random), using: &random)
            case .beside: IPAddress(beside: rules, trie, using: &random)
            }
        }
    }

    /// The thousand whose turn it is.
    func pass(_ iteration: Int) -> ArraySlice<IPAddress> {
        let start = iteration % Self.passCount * Sample.count
        return addresses[start..<start + Sample.count]
    }
}

extension [Rule] {
    fileprivate func randomBlock(using random: inout SplitMix64) -> CIDRBlock {
        self[Int.random(in: indices, using: &random)].block
    }
}

extension IPAddress {
    /// In the other half of the block of which a rule's block is one half, and in no block.
    fileprivate init(
        beside rules: [Rule],
        _ trie: CompiledTrie,
        using random: inout SplitMix64
    ) {
        repeat {
            let block = rules.randomBlock(using: &random)
            let inside = IPAddress(in: block, using: &random)
            self = IPAddress(block.family, bits: inside.bits ^ (block.hostMask + 1))
        } while trie.match(for: self) != nil
    }
}
