/// How many operations ended, in slices of equal length from the beginning of the measured time.
package struct Timeline: Sendable, Equatable {
    /// At most this many slices are kept, so that a long run takes no more memory.
    package static let sliceLimit = 120

    /// The length of one slice, in nanoseconds.
    package let sliceNanoseconds: Int64
    /// For each slice, how many ended in it.
    package private(set) var counts: [Int]

    /// Slices that cover `nanoseconds` and nothing else, none of them shorter than the others; of at
    /// least a tenth of a second, where there is more than one.
    package init(covering nanoseconds: Int64) {
        let length = max(1, nanoseconds)
        let count = min(max(1, length / 100_000_000), Int64(Self.sliceLimit))
        sliceNanoseconds = (length - 1) / count + 1
        counts = [Int](repeating: 0, count: Int(count))
    }

    /// Takes note of an operation that ended so long after the beginning; of none outside.
    package mutating func record(atNanoseconds offset: Int64) {
        let slice = offset / sliceNanoseconds
        guard offset >= 0, slice < counts.count else { return }
        counts[Int(slice)] += 1
    }

    /// The slices that `nanoseconds` from the beginning have reached, the last perhaps in part.
    func counts(until nanoseconds: Int64) -> [Int] {
        guard nanoseconds > 0 else { return [] }
        let reached = (nanoseconds - 1) / sliceNanoseconds + 1
        return Array(counts.prefix(Int(min(reached, Int64(counts.count)))))
    }

    /// Adds the counts of `other`, which must cover the same time.
    package mutating func add(_ other: Timeline) {
        precondition(other.counts.count == counts.count)
        for index in counts.indices { counts[index] += other.counts[index] }
    }
}
