@_exported public import Addresses

/// Addresses of one family, as ranges in ascending order with a gap between neighbours.
public struct AddressSet: Hashable, Sendable {
    public let family: IPFamily
    private(set) var numbers: [ClosedRange<UInt128>]

    /// What `rules` admit at `now`.
    ///
    /// - Complexity: O(*n*) for *n* rules.
    public init(admittedBy rules: RuleSet, family: IPFamily, at now: UnixTime) {
        var sweep = RangeSweep<UInt128>()
        for index in rules.order where rules.rules[index].counts(in: family, at: now) {
            let rule = rules.rules[index]
            let slot = Slot(
                rule: rule.action == .allow ? 0 : 1,
                action: rule.action,
                expires: false
            )
            _ = sweep.open(from: rule.block.first.bits, through: rule.block.last.bits, slot: slot)
        }
        self.init(family, admittedIn: sweep.finish())
    }

    private init(_ family: IPFamily, admittedIn ranges: RangeTable<UInt128>) {
        self.family = family
        let highest = IPAddress(family, bits: .max).bits
        numbers = ranges.slots.indices.compactMap { index in
            guard ranges.slots[index].action == .allow else { return nil }
            let isLast = index + 1 == ranges.starts.count
            return ranges.starts[index]...(isLast ? highest : ranges.starts[index + 1] - 1)
        }
    }

    private init(_ family: IPFamily, numbers: [ClosedRange<UInt128>]) {
        self.family = family
        self.numbers = numbers
    }
}

extension Rule {
    fileprivate func counts(in family: IPFamily, at now: UnixTime) -> Bool {
        block.family == family && !hasExpired(at: now)
    }
}

extension AddressSet {
    public var isEmpty: Bool { numbers.isEmpty }

    /// Whether it holds every address of the family.
    public var isEverything: Bool {
        numbers == [0...IPAddress(family, bits: .max).bits]
    }

    /// How many addresses; `UInt128.max` where all 2^128 are in it.
    public var count: UInt128 {
        numbers.reduce(0) { sum, range in
            let (size, isAll) = (range.upperBound - range.lowerBound).addingReportingOverflow(1)
            return isAll ? .max : sum + size
        }
    }

    /// The fewest blocks that hold just these addresses, in ascending order.
    public var blocks: [CIDRBlock] {
        numbers.flatMap { range in
            let first = IPAddress(family, bits: range.lowerBound)
            let last = IPAddress(family, bits: range.upperBound)
            return AddressRange(from: first, through: last)?.blocks ?? []
        }
    }

    /// The addresses that are not in `other`, which is of the same family.
    ///
    /// - Complexity: O(*n* + *m*) for *n* and *m* ranges.
    public func subtracting(_ other: AddressSet) -> AddressSet {
        var rest: [ClosedRange<UInt128>] = []
        var next = 0
        for range in numbers {
            var start = range.lowerBound
            while next < other.numbers.count, other.numbers[next].upperBound < start { next += 1 }
            var index = next
            var isDone = false
            while index < other.numbers.count, other.numbers[index].lowerBound <= range.upperBound {
                let hole = other.numbers[index]
                if hole.lowerBound > start { rest.append(start...hole.lowerBound - 1) }
                if hole.upperBound >= range.upperBound {
                    isDone = true
                    break
                }
                start = hole.upperBound + 1
                index += 1
            }
            next = index
            if !isDone { rest.append(start...range.upperBound) }
        }
        return AddressSet(family, numbers: rest)
    }
}
