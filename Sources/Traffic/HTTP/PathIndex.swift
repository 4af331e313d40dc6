import Text

/// Finds the few patterns of a list that a path could match, by its first one or two segments.
///
///     /api/colocate/group_stable   →  hash("api"), hash("api/colocate")
///
/// Most paths have neither hash in common with any pattern, and are done after two searches.
struct PathIndex: Hashable, Sendable {
    private struct Entry: Hashable {
        let hash: UInt64
        let pattern: PathPattern
    }

    /// By the hash of the segments before the first `*`, at most two. In ascending order.
    private let entries: [Entry]
    /// Those that begin with `*`, or match every path.
    private let others: [PathPattern]

    init(_ patterns: [PathPattern]) {
        var entries: [Entry] = []
        var others: [PathPattern] = []
        for pattern in patterns {
            let beginning = pattern.literalBeginning
            if beginning.isEmpty {
                others.append(pattern)
            } else {
                entries.append(Entry(hash: PathHash(beginning).value, pattern: pattern))
            }
        }
        self.entries = entries.sorted { $0.hash < $1.hash }
        self.others = others
    }

    /// Whether any pattern matches `path`, which is plain.
    func matches(_ path: Span<UInt8>) -> Bool {
        for index in others.indices where others[index].matches(path) { return true }
        guard path.count > 1, path[0] == UInt8(ascii: "/") else { return false }
        var hash = PathHash()
        var position = 1
        hash.addSegment(of: path, from: &position)
        if matches(path, hash) { return true }
        guard position < path.count else { return false }
        hash.add(path[position])
        position += 1
        hash.addSegment(of: path, from: &position)
        return matches(path, hash)
    }

    private func matches(_ path: Span<UInt8>, _ hash: PathHash) -> Bool {
        var index = firstIndex(of: hash.value)
        while index < entries.count, entries[index].hash == hash.value {
            if entries[index].pattern.matches(path) { return true }
            index += 1
        }
        return false
    }

    /// The position of the first entry whose hash is not less.
    private func firstIndex(of hash: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// FNV-1a with 64 bits, of lower-case letters. It decides nothing: what it finds is compared.
private struct PathHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    init(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes { add(byte) }
    }

    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte.lowercased)) &* 0x100_0000_01b3
    }

    /// Adds what is before the next slash, where `position` is then.
    mutating func addSegment(of path: Span<UInt8>, from position: inout Int) {
        while position < path.count, path[position] != UInt8(ascii: "/") {
            add(path[position])
            position += 1
        }
    }
}
