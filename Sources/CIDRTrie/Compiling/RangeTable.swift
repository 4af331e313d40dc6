/// Disjoint ranges that cover a whole address space, in ascending order.
///
/// Each goes from its start up to the next one's; neighbours differ in value.
struct RangeTable<Bits: FixedWidthInteger & UnsignedInteger> {
    private(set) var starts: [Bits] = [0]
    private(set) var values: [UInt32] = [0]

    /// From `start` on, `value` counts. What was said of addresses from `start` on is forgotten.
    mutating func append(_ value: UInt32, from start: Bits) {
        if starts[starts.count - 1] == start {
            starts.removeLast()
            values.removeLast()
        }
        guard values.last != value else { return }
        starts.append(start)
        values.append(value)
    }

    /// - Complexity: O(log *n*)
    func value(at bits: Bits) -> UInt32 {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= bits { low = middle } else { high = middle }
        }
        return values[low]
    }
}

extension RangeTable: Sendable where Bits: Sendable {}
