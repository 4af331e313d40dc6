/// Turns nested blocks into disjoint ranges, each with the one rule that decides there.
///
///     10.0.0.0/8 ──────────────────────────┐       ranges:  0.0.0.0   nothing
///         10.1.0.0/16 ────────┐            │                10.0.0.0  /8
///             10.1.2.0/24 ─┐  │            │                10.1.0.0  /16
///                          ┴  ┴            ┴                10.1.2.0  /24
///                                                           10.1.3.0  /16
///     Blocks come in ascending order, the outer           10.2.0.0  /8
///     one first. The stack holds those that are           11.0.0.0  nothing
///     still open; its top decides.
///
/// Longest match is settled here, once, so that a lookup never has to go back.
///
/// - Complexity: O(*n*) for *n* blocks, which give at most 2*n* + 1 ranges.
struct RangeSweep<Bits: FixedWidthInteger & UnsignedInteger> {
    private struct OpenBlock {
        let last: Bits
        let value: UInt32
    }

    private(set) var ranges = RangeTable<Bits>()
    private var open: [OpenBlock] = []

    /// The value of the smallest open block around the next one to come.
    var enclosingValue: UInt32? { open.last?.value }

    /// Closes every block that ends before `first`.
    mutating func advance(to first: Bits) {
        while let block = open.last, block.last < first { close(block) }
    }

    /// Opens a block; ``advance(to:)`` has been called with its first address.
    mutating func enter(from first: Bits, through last: Bits, value: UInt32) {
        ranges.append(value, from: first)
        open.append(OpenBlock(last: last, value: value))
    }

    /// Closes all blocks and returns the ranges.
    mutating func finish() -> RangeTable<Bits> {
        while let block = open.last { close(block) }
        return ranges
    }

    private mutating func close(_ block: OpenBlock) {
        open.removeLast()
        // Nothing comes behind a block that ends with the address space.
        guard block.last < .max else { return }
        ranges.append(open.last?.value ?? 0, from: block.last + 1)
    }
}
