import Addresses
import CIDRTrie
import Testing

/// Compares the trie of `rules` with the scan for each of `addresses`, by every way to ask.
func expectAgreement(
    _ rules: [Rule],
    about addresses: some Sequence<IPAddress>,
    _ comment: @autoclosure () -> String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let trie = CompiledTrie(try RuleSet(rules))
    let reference = SlowReference(rules: rules)
    for address in addresses {
        let expected = reference.match(for: address)
        let action = expected.map { rules[$0].action } ?? .deny
        let isRight =
            trie.match(for: address) == expected && trie.verdict(for: address) == action
            && trie.isRightByFamily(for: address, match: expected, action: action)
        guard !isRight else { continue }
        let found = trie.match(for: address)
        Issue.record(
            "\(address): rule \(String(describing: found)), not \(String(describing: expected)); \(comment())",
            sourceLocation: sourceLocation
        )
        return
    }
}

extension CompiledTrie {
    /// Whether the lookups for a known family say the same.
    fileprivate func isRightByFamily(for address: IPAddress, match: Int?, action: Action) -> Bool {
        switch address {
        case .v4(let address): self.match(for: address) == match && verdict(for: address) == action
        case .v6(let address): self.match(for: address) == match && verdict(for: address) == action
        }
    }
}

extension CIDRBlock {
    /// Its first and last address and their neighbours, which may be at the space's other end.
    var edges: [IPAddress] {
        [first.bits &- 1, first.bits, first.bits &+ 1, last.bits &- 1, last.bits, last.bits &+ 1]
            .map { IPAddress(family, bits: $0) }
    }
}
