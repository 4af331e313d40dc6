/// All keys that share their first bits.
struct KeyBlock: Hashable {
    /// Zeros after the bits that are shared.
    let first: UInt64
    /// The number of bits that are shared: 0…64.
    let depth: Int

    init(containing key: UInt64, depth: Int) {
        first = key.prefix(depth)
        self.depth = depth
    }

    static let all = KeyBlock(containing: 0, depth: 0)

    /// - Precondition: `last` is the end of a block that starts at `first`.
    init(from first: UInt64, through last: UInt64) {
        self.init(containing: first, depth: (first ^ last).leadingZeroBitCount)
    }

    var last: UInt64 { first | .max >> UInt64(depth) }

    func contains(_ other: KeyBlock) -> Bool {
        depth <= other.depth && KeyBlock(containing: other.first, depth: depth) == self
    }

    /// Of a node's children, `shift` bits from the key's end, those in this block, which may begin
    /// amid the bits that the node looks at.
    func children(at shift: Int, of childCount: Int) -> Range<Int> {
        let start = first.child(at: shift, of: childCount)
        return start..<start + (1 << max(0, 64 - shift - depth))
    }
}

extension UInt64 {
    /// The first `bitCount` bits, zeros after them.
    func prefix(_ bitCount: Int) -> UInt64 { self & (~0 << UInt64(64 - bitCount)) }

    /// The child of a node for this key, `shift` bits from the key's end.
    func child(at shift: Int, of childCount: Int) -> Int {
        Int(truncatingIfNeeded: self >> UInt64(shift)) & (childCount - 1)
    }
}
