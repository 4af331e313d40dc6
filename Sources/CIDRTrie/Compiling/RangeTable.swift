/// Disjoint ranges that cover a whole key space, in ascending order.
///
/// Each goes from its start up to the next one's; neighbours differ in their slot.
struct RangeTable<Key: FixedWidthInteger & UnsignedInteger> {
    private(set) var starts: [Key] = [0]
    private(set) var slots: [Slot]

    /// One range, for all keys.
    init(_ slot: Slot = .none) {
        slots = [slot]
    }

    /// The start of each range but the first.
    var boundaries: Range<Int> { 1..<starts.count }

    /// From `start` on, `slot` counts. What was said of keys from `start` on is forgotten.
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
