import Text

/// One path of a ``PathList``.
struct PathPattern: Hashable, Sendable {
    /// In lower case, each segment after its slash: `/api/*`. Empty for `/`, which is every path.
    private let bytes: [UInt8]
    /// Whether it matches only a path that ends where it ends.
    private let isWhole: Bool

    init(_ text: String) {
        isWhole = text.utf8.last == UInt8(ascii: "$")
        var bytes = text.utf8.map(\.lowercased)
        if isWhole { bytes.removeLast() }
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        self.bytes = bytes
    }

    /// Its first segments up to two, without the slash before them, and before the first `*`.
    var literalBeginning: ArraySlice<UInt8> {
        let segments = bytes.dropFirst()
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .prefix(2).prefix { !$0.elementsEqual([UInt8(ascii: "*")]) }
        guard let first = segments.first, let last = segments.last else { return [] }
        return bytes[first.startIndex..<last.endIndex]
    }

    /// Whether `path`, which is plain, has this prefix.
    func matches(_ path: Span<UInt8>) -> Bool {
        if bytes.isEmpty, !isWhole { return true }
        var position = 0
        var index = 0
        while index < bytes.count {
            if isStar(at: index) {
                let start = position
                while position < path.count, path[position] != UInt8(ascii: "/") { position += 1 }
                guard position > start else { return false }
            } else {
                guard position < path.count, path[position].lowercased == bytes[index] else {
                    return false
                }
                position += 1
            }
            index += 1
        }
        if position == path.count { return true }
        guard path[position] == UInt8(ascii: "/") else { return false }
        return !isWhole || position + 1 == path.count
    }

    /// Whether its segments are among `segments` in their order, with or without others between them.
    func isHidden(among segments: [ArraySlice<UInt8>]) -> Bool {
        var wanted = bytes.split(separator: UInt8(ascii: "/"))[...]
        for segment in segments {
            guard let next = wanted.first else { break }
            if next.elementsEqual([UInt8(ascii: "*")]) || next.elementsEqual(segment) {
                wanted.removeFirst()
            }
        }
        return wanted.isEmpty
    }

    /// Whether `*` is a segment here, and not part of one.
    private func isStar(at index: Int) -> Bool {
        bytes[index] == UInt8(ascii: "*") && bytes[index - 1] == UInt8(ascii: "/")
            && (index + 1 == bytes.count || bytes[index + 1] == UInt8(ascii: "/"))
    }
}
