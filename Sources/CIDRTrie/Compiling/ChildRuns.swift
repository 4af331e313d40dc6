/// The children of a branch, equal neighbours as one run.
struct ChildRuns {
    /// The first child of each run.
    private(set) var starts: [Int] = [0]
    private(set) var slots: [Slot]

    /// One run, of all children.
    init(_ slot: Slot) {
        slots = [slot]
    }

    /// From `child` on, `slot` counts.
    mutating func append(_ slot: Slot, from child: Int) {
        if child == starts[starts.count - 1] {
            slots[slots.count - 1] = slot
        } else if slot != slots[slots.count - 1] {
            slots.append(slot)
            starts.append(child)
        }
    }

    /// The groups of a ``Branch`` or ``WideBranch``, as it has them: the last one first, its starts
    /// in the upper half, its count in the lower.
    ///
    /// - Parameter groupSize: the children of a group, and the bits of each half.
    func groups(of groupSize: Int, childCount: Int) -> [UInt32] {
        var run = 0
        let ascending = stride(from: groupSize, through: childCount, by: groupSize).map { end in
            let countBefore = UInt32(truncatingIfNeeded: run - 1) & (1 << UInt32(groupSize) - 1)
            var startBits: UInt32 = 0
            while run < starts.count, starts[run] < end {
                startBits |= 1 << UInt32(end - 1 - starts[run])
                run += 1
            }
            return startBits << UInt32(groupSize) | countBefore
        }
        return ascending.reversed()
    }
}
