public import Addresses
import CIDRTrie

// MARK: - Searching

extension EntryList {
    /// The entries whose block contains an address, by index, the widest block first.
    ///
    /// - Complexity: O(log *n*) for each prefix length.
    public func indices(around address: IPAddress) -> [Int] {
        (0...address.family.bitWidth).flatMap { length in
            Array(
                trie.indices(
                    of: CIDRBlock(
                        containing: address,
                        prefixLength: UInt8(truncatingIfNeeded: length)
                    )
                )
            )
        }
    }

    /// The entries of which a text is a part, without regard to the case of letters: of the block as it
    /// was written, or of the description. By index, in ascending order of the blocks.
    ///
    /// - Complexity: O(*n*). Nothing is allocated for an entry, unless its description or the text has
    ///   other characters than ASCII's.
    public func indices(containing text: String) -> [Int] {
        let search = TextSearch(text)
        let mayBeBlock = search.mayBeInBlock
        var bytes: [UInt8] = []
        return trie.ascending.filter { index in
            if let own = notes.text(at: index) {
                if search.isIn(own) { return true }
            } else if mayBeBlock {
                let block = trie.rules.block(of: index)
                bytes.removeAll(keepingCapacity: true)
                if notes.isAddress(at: index) {
                    block.network.write(to: &bytes)
                } else {
                    block.write(to: &bytes)
                }
                if search.isIn(ascii: bytes.span) { return true }
            }
            return trie.rules.withDescription(of: index) { search.isIn($0) }
        }
    }
}

/// A text that is looked for, without regard to the case of letters.
private struct TextSearch {
    private let text: String
    private let bytes: [UInt8]
    private let isASCII: Bool

    init(_ text: String) {
        self.text = text.lowercased()
        bytes = Array(self.text.utf8)
        isASCII = bytes.allSatisfy { $0 < 0x80 }
    }

    /// Whether a block's text has no other characters: `203.0.113.0/24`, `2001:db8::/32`.
    var mayBeInBlock: Bool {
        bytes.allSatisfy { byte in
            (UInt8(ascii: ".")...UInt8(ascii: ":")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }

    func isIn(_ other: String) -> Bool { other.lowercased().contains(text) }

    /// - Parameter other: UTF-8.
    func isIn(_ other: Span<UInt8>) -> Bool {
        if other.isEmpty { return bytes.isEmpty }
        for index in other.indices where other[index] >= 0x80 {
            return isIn(String(decoding: (0..<other.count).map { other[$0] }, as: UTF8.self))
        }
        return isIn(ascii: other)
    }

    func isIn(ascii other: Span<UInt8>) -> Bool {
        guard isASCII, other.count >= bytes.count else { return false }
        for start in 0...(other.count - bytes.count) {
            var matched = 0
            while matched < bytes.count, other[start + matched].lowercased == bytes[matched] {
                matched += 1
            }
            if matched == bytes.count { return true }
        }
        return false
    }
}

extension UInt8 {
    /// Of an ASCII letter.
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
