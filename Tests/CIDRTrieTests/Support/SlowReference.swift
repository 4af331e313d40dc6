import Addresses
import CIDRTrie

/// Answers as the trie has to, by looking at every rule.
struct SlowReference {
    let rules: [Rule]

    /// The index of the longest block that contains `address`; of equally long ones the first.
    func match(for address: IPAddress) -> Int? {
        let matches = rules.indices.filter { rules[$0].block.contains(address) }
        return matches.max { a, b in
            let (lengthA, lengthB) = (rules[a].block.prefixLength, rules[b].block.prefixLength)
            return lengthA == lengthB ? a > b : lengthA < lengthB
        }
    }
}
