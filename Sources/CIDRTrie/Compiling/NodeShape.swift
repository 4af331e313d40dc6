/// Which node a block of keys with some boundaries inside it gets.
enum NodeShape: Hashable {
    /// For the byte of the key in which the block's own bits end.
    case branch
    /// For the next two bytes.
    case wideBranch
    /// With lanes of 16, 32 or 64 bits.
    case bucket16, bucket32, bucket64
    /// A bucket that leads past bits which all boundaries share, to this depth.
    case skip(to: Int)

    /// - Parameters:
    ///   - boundaries: in ascending order, at least one.
    ///   - depth: how many bits all keys of the block share.
    init(for boundaries: ArraySlice<UInt64>, depth: Int) {
        let endOfByte = depth / 8 * 8 + 8
        if boundaries.count >= WideBranch.minimumBoundaryCount,
            depth == 16 || depth == 32 || depth == 48
        {
            self = .wideBranch
        } else if let bucket = Self.bucket(for: boundaries, depth: depth, endOfByte: endOfByte) {
            self = bucket
        } else {
            let shared = boundaries.sharedBitCount
            self = shared >= endOfByte ? .skip(to: shared) : .branch
        }
    }

    /// A bucket takes fewer bytes than branches below each other. Where one branch settles all,
    /// it is the branch that is wanted: what most lookups do is what the processor foresees.
    private static func bucket(
        for boundaries: ArraySlice<UInt64>,
        depth: Int,
        endOfByte: Int
    ) -> NodeShape? {
        guard boundaries.count <= Bucket.capacity16 else { return nil }
        let granularity = 64 - boundaries.zeroBitCount
        let isSettledByBranch = granularity <= endOfByte
        guard !isSettledByBranch else { return nil }
        if boundaries.count <= Bucket.capacity {
            return granularity - depth <= 32 ? .bucket32 : .bucket64
        }
        return granularity - depth <= 16 ? .bucket16 : nil
    }
}

extension ArraySlice<UInt64> {
    /// How many bits at the end are zero in all of them.
    var zeroBitCount: Int { reduce(0, |).trailingZeroBitCount }

    /// How many bits at the beginning are the same in all of them, as they ascend.
    var sharedBitCount: Int {
        guard let first, let last else { return 64 }
        return (first ^ last).leadingZeroBitCount
    }
}
