/// How many operations ended, in slices of equal length from the beginning of the measured time.
public struct Timeline: Sendable, Equatable {
    /// At most this many slices are kept, so that a long run takes no more memory.
    public static let sliceLimit = 120

    /// The length of one slice, in nanoseconds.
    public let sliceNanoseconds: Int64
    /// For each slice, how many ended in it.
    public private(set) var counts: [Int]

    /// Slices of at least a tenth of a second that cover `nanoseconds`.
    public init(covering nanoseconds: Int64) {
        let length = max(1, nanoseconds)
        let limit = Int64(Self.sliceLimit)
        sliceNanoseconds = max(100_000_000, (length - 1) / limit + 1)
        counts = [Int](repeating: 0, count: Int((length - 1) / sliceNanoseconds + 1))
    }

    /// Takes note of an operation that ended so long after the beginning; of none outside.
    public mutating func record(atNanoseconds offset: Int64) {
        let slice = offset / sliceNanoseconds
        guard offset >= 0, slice < counts.count else { return }
        counts[Int(slice)] += 1
    }

    /// Adds the counts of `other`, which must cover the same time.
    public mutating func add(_ other: Timeline) {
        precondition(other.counts.count == counts.count)
        for index in counts.indices { counts[index] += other.counts[index] }
    }
}
