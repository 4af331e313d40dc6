public import Addresses

extension CompiledTrie: CustomDebugStringConvertible {
    /// How large it is, and its first nodes as a tree.
    public var debugDescription: String {
        let size = "\(rules.count) rules, \(statistics.byteCount) bytes"
        return "CompiledTrie: \(size)\n\(outline(of: .v4))\(outline(of: .v6))"
    }

    /// The nodes of a family's trie, one per line, what they lead to indented below.
    ///
    /// - Parameter lineLimit: the maximum number of lines.
    public func outline(of family: IPFamily, lineLimit: Int = 100) -> String {
        let trie = family == .v4 ? v4 : v6
        var outline = TrieOutline(trie, of: family, lineLimit: lineLimit)
        outline.appendRoot()
        return outline.text
    }
}

private struct TrieOutline {
    private let trie: RadixTrie
    private let family: IPFamily
    private var linesLeft: Int
    private(set) var text = ""

    init(_ trie: RadixTrie, of family: IPFamily, lineLimit: Int) {
        self.trie = trie
        self.family = family
        linesLeft = lineLimit
    }

    mutating func appendRoot() {
        let first = trie.table.byteOffset / 4
        let slots = trie.words[first..<min(trie.words.count, first + trie.table.slotCount)]
        append("\(family): table of \(slots.count)", depth: 0)
        append(slots.map { Slot(rawValue: $0) }, depth: 1)
        append("outside the table", depth: 0)
        append([trie.table.outside], depth: 1)
    }

    /// Equal neighbours share a line.
    private mutating func append(_ slots: [Slot], depth: Int) {
        var index = 0
        while index < slots.count, linesLeft > 0 {
            let end = slots[index...].firstIndex { $0 != slots[index] } ?? slots.count
            append(slots[index], places: index..<end, depth: depth)
            index = end
        }
    }

    private mutating func append(_ slot: Slot, places: Range<Int>, depth: Int) {
        let label =
            places.count == 1
            ? "\(places.lowerBound)" : "\(places.lowerBound)…\(places.upperBound - 1)"
        guard !slot.isLeaf else { return append("\(label): \(slot.leafDescription)", depth: depth) }
        // `try?`: a damaged trie is described as far as it goes.
        guard let node = try? InspectedNode(slot, in: trie, of: family) else {
            return append("\(label): faulty node at byte \(slot.byteOffset)", depth: depth)
        }
        let kind = node.kind.map { "\($0)" } ?? "branch, shift \(slot.shift)"
        append("\(label): \(kind), byte \(node.offset), \(node.slots.count) slots", depth: depth)
        append(node.slots.map { Slot(rawValue: trie.words[$0]) }, depth: depth + 1)
    }

    private mutating func append(_ line: String, depth: Int) {
        guard linesLeft > 0 else { return }
        linesLeft -= 1
        text += String(repeating: "  ", count: depth) + line + "\n"
        if linesLeft == 0 { text += "…\n" }
    }
}

extension RootTable {
    /// The number of slots.
    var slotCount: Int { Int(clamping: indexMask).addingReportingOverflow(1).partialValue }
}

extension Slot {
    fileprivate var leafDescription: String {
        guard let rule else { return "no rule" }
        return "\(action), rule \(rule)\(expires ? ", may expire" : "")"
    }
}
