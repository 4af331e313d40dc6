import Addresses
import CIDRTrie
import Testing

extension CompiledTrie {
    /// Compiles lines of a ``CIDRList``; a faulty one fails the test.
    init(rules lines: String...) throws {
        let list = CIDRList(parsing: Array(lines.joined(separator: "\n").utf8).span)
        #expect(list.errors.isEmpty)
        self.init(try RuleSet(list.rules))
    }
}
