/// Words of an arena that nodes no longer use, to be reused by new ones.
///
/// Runs of free words are kept by size: up to 15 units of 16 bytes exactly, above that in classes
/// whose sizes differ by an eighth.
@usableFromInline
struct FreeSpace: Hashable, Sendable {
    /// In units of ``Slot/nodeAlignment`` words.
    private struct Run: Hashable, Sendable {
        let start: UInt32
        let count: UInt32
    }

    /// The runs of each class.
    private var classes: [[Run]] = []
    private var unitCount = 0

    var isEmpty: Bool { unitCount == 0 }
    var wordCount: Int { unitCount * Slot.nodeAlignment }

    /// All of it, as ranges of words.
    var ranges: [Range<Int>] {
        classes.joined().map { run in
            let start = Int(run.start) * Slot.nodeAlignment
            return start..<start + Int(run.count) * Slot.nodeAlignment
        }
    }

    /// - Parameter words: starts and ends where nodes may start.
    mutating func release(_ words: Range<Int>) {
        guard !words.isEmpty else { return }
        let run = Run(
            start: UInt32(truncatingIfNeeded: words.lowerBound / Slot.nodeAlignment),
            count: UInt32(truncatingIfNeeded: words.count / Slot.nodeAlignment)
        )
        let number = Self.number(ofClassFor: Int(run.count))
        while classes.count <= number { classes.append([]) }
        classes[number].append(run)
        unitCount += Int(run.count)
    }

    /// Where `wordCount` words are free; they no longer are. `nil` if no run is long enough.
    mutating func take(wordCount: Int) -> Int? {
        guard unitCount > 0 else { return nil }
        let count = (wordCount + Slot.nodeAlignment - 1) / Slot.nodeAlignment
        let least = Self.number(ofClassFor: count)
        guard least < classes.count else { return nil }
        for number in least..<classes.count {
            // Only the first class has runs that may be too short; a few are tried.
            let runs = classes[number].suffix(Self.attemptLimit)
            guard let index = runs.lastIndex(where: { $0.count >= count }) else { continue }
            let run = classes[number].remove(at: index)
            unitCount -= Int(run.count)
            let start = Int(run.start) * Slot.nodeAlignment
            let end = start + Int(run.count) * Slot.nodeAlignment
            release(start + count * Slot.nodeAlignment..<end)
            return start
        }
        return nil
    }

    private static let attemptLimit = 8

    /// The largest class whose runs have at most `unitCount` units.
    private static func number(ofClassFor unitCount: Int) -> Int {
        guard unitCount >= 16 else { return unitCount }
        let exponent = Int.bitWidth - 1 - unitCount.leadingZeroBitCount
        return 8 * (exponent - 3) + unitCount >> (exponent - 3)
    }
}
