/// How many operations failed, in which way, with the first detail of each kind.
public struct FailureCounts: Sendable, Equatable {
    private var counts: [Failure.Kind: Int] = [:]
    private var details: [Failure.Kind: String] = [:]

    /// No failures.
    public init() {}

    /// Of all kinds together.
    public var total: Int { counts.values.reduce(0, +) }

    public subscript(kind: Failure.Kind) -> Int { counts[kind] ?? 0 }

    /// What was said first about failures of this kind.
    public func detail(of kind: Failure.Kind) -> String? { details[kind] }

    /// The kinds that occurred, in the order of their declaration.
    public var kinds: [Failure.Kind] { Failure.Kind.allCases.filter { self[$0] > 0 } }

    /// Takes note of `count` failures of one kind.
    public mutating func record(_ failure: Failure, count: Int = 1) {
        guard count > 0 else { return }
        counts[failure.kind, default: 0] += count
        if details[failure.kind] == nil { details[failure.kind] = failure.detail }
    }

    /// Takes over all that `other` has.
    public mutating func add(_ other: FailureCounts) {
        for kind in other.kinds { record(Failure(kind, other.details[kind]), count: other[kind]) }
    }
}
