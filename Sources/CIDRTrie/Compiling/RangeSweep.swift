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
struct RangeSweep<Key: FixedWidthInteger & UnsignedInteger> {
    private struct OpenBlock {
        let last: Key
        let slot: Slot
    }

    private(set) var ranges = RangeTable<Key>()
    private var blocks: [OpenBlock] = []

    /// What decides in the smallest open block.
    private var enclosing: Slot { blocks.last?.slot ?? .none }

    /// Opens a block, which comes after all that were opened before.
    ///
    /// - Returns: what decides around it.
    @discardableResult
    mutating func open(from first: Key, through last: Key, slot: Slot) -> Slot {
        while let block = blocks.last, block.last < first { close(block) }
        defer { blocks.append(OpenBlock(last: last, slot: slot)) }
        ranges.append(slot, from: first)
        return enclosing
    }

    /// Closes all blocks and returns the ranges.
    mutating func finish() -> RangeTable<Key> {
        while let block = blocks.last { close(block) }
        return ranges
    }

    private mutating func close(_ block: OpenBlock) {
        blocks.removeLast()
        // Nothing comes after a block that ends with the address space.
        guard block.last < .max else { return }
        ranges.append(enclosing, from: block.last + 1)
    }
}

/// Disjoint ranges that cover a key space or a block of it, in ascending order.
///
/// Each goes from its start up to the next one's; neighbours differ in their slot.
struct RangeTable<Key: FixedWidthInteger & UnsignedInteger> {
    private(set) var starts: [Key]
    private(set) var slots: [Slot]

    /// One range, of all keys from `start` on.
    init(_ slot: Slot = .none, from start: Key = 0) {
        starts = [start]
        slots = [slot]
    }

    /// The start of each range but the first.
    var boundaries: Range<Int> { 1..<starts.count }

    /// From `start` on, `slot` decides, whatever was appended for keys from `start` on.
    mutating func append(_ slot: Slot, from start: Key) {
        if starts[starts.count - 1] == start {
            starts.removeLast()
            slots.removeLast()
        }
        guard slots.last != slot else { return }
        starts.append(start)
        slots.append(slot)
    }
}
