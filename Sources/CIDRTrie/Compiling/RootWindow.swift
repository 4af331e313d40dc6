/// Which bits of a key the root table is indexed by.
struct RootWindow: Hashable {
    /// The bits that keys must begin with, zeros after them.
    let prefix: UInt64
    let prefixLength: Int
    /// The number of bits after the prefix that make the index: 0…20.
    let indexBitCount: Int

    var last: UInt64 { prefix | ~UInt64.max.prefix(prefixLength) }

    func index(of key: UInt64) -> Int {
        let shift = UInt64(64 - prefixLength - indexBitCount)
        return Int(truncatingIfNeeded: key >> shift & ~(~0 << UInt64(indexBitCount)))
    }
}

extension RootWindow {
    /// A list's boundaries are close together except for a few, such as IPv6's in 2000::/3 except
    /// for private networks and multicast. This many of them may stay outside the table.
    static let outsiderLimit = 16
    /// The most slots of a table per boundary.
    static let slotsPerBoundary = 64
    /// The largest table ends at a byte's end, so that the branches below it use all of theirs.
    static let alignedBitLimit = 16
    static let bitLimit = 20
    /// The most different leaves of a table that become branches, of 80 bytes each.
    static let levelledLeafLimit = 1_024

    /// The window for boundaries in ascending order.
    init(for boundaries: ArraySlice<UInt64>) {
        guard boundaries.count > Bucket.capacity else {
            self.init(prefix: 0, prefixLength: 0, indexBitCount: 0)
            return
        }
        let common = Self.commonPrefix(of: boundaries)
        let aligned = Self.alignedBitCount(after: common.length, for: boundaries.count)
        let window = RootWindow(
            prefix: common.prefix,
            prefixLength: common.length,
            indexBitCount: aligned
        )
        self = window.widened(for: boundaries)
    }

    private static func commonPrefix(
        of boundaries: ArraySlice<UInt64>
    ) -> (prefix: UInt64, length: Int) {
        var best = (prefix: UInt64(0), length: 0)
        let room = min(outsiderLimit, boundaries.count / 8)
        for before in 0...room {
            let inside = boundaries.dropFirst(before).dropLast(room - before)
            // After the prefix there must be bits left for an index.
            let length = min(inside.sharedBitCount, 64 - alignedBitLimit)
            if length > best.length { best = ((inside.first ?? 0).prefix(length), length) }
        }
        return best
    }

    /// The most bits up to a byte's end that are worth it for `count` boundaries.
    private static func alignedBitCount(after length: Int, for count: Int) -> Int {
        let first = 8 - length % 8
        let second = first + 8
        return second <= alignedBitLimit && 1 << second <= count * slotsPerBoundary
            ? second : first
    }

    /// Hosts that are scattered evenly get a table so large that a bucket holds each slot's.
    private func widened(for boundaries: ArraySlice<UInt64>) -> RootWindow {
        let average = boundaries.count >> indexBitCount
        guard average > Bucket.capacity16, isEven(boundaries), isUnsettledByBranch(boundaries)
        else { return self }
        let extra = (average / (Bucket.capacity16 / 2)).bitWidthOfValue
        return RootWindow(
            prefix: prefix,
            prefixLength: prefixLength,
            indexBitCount: min(indexBitCount + extra, Self.bitLimit)
        )
    }

    /// Whether most slots of the table have boundaries.
    private func isEven(_ boundaries: ArraySlice<UInt64>) -> Bool {
        var usedCount = 0
        var previous: Int?
        for boundary in boundaries where index(of: boundary) != previous {
            previous = index(of: boundary)
            usedCount += 1
        }
        return usedCount > 1 << (indexBitCount - 1)
    }

    /// Whether most boundaries need more bits than a branch below the table looks at.
    private func isUnsettledByBranch(_ boundaries: ArraySlice<UInt64>) -> Bool {
        let depth = prefixLength + indexBitCount + 8
        let unsettledCount = boundaries.reduce(0) { $0 + ($1.prefix(depth) == $1 ? 0 : 1) }
        return unsettledCount > boundaries.count / 2
    }
}

extension Int {
    /// 0 for 0, 1 for 1, 2 for 2 and 3, and so on.
    fileprivate var bitWidthOfValue: Int { bitWidth - leadingZeroBitCount }
}

extension RootTable {
    init(window: RootWindow, wordOffset: Int, outside: Slot) {
        self.init(
            mask: UInt64.max.prefix(window.prefixLength),
            prefix: window.prefix,
            shift: UInt64(64 - window.prefixLength - window.indexBitCount),
            indexMask: ~(~0 << UInt64(window.indexBitCount)),
            byteOffset: wordOffset * 4,
            outside: outside
        )
    }
}
