public import Addresses
public import Time

/// Addresses of one family, as ranges in ascending order with a gap between neighbours.
public struct AddressSet: Hashable, Sendable {
    public let family: IPFamily
    private(set) var numbers: [ClosedRange<UInt128>]

    /// What `rules` admit at `now`.
    ///
    /// - Complexity: O(*n*) for *n* rules.
    public init(admittedBy rules: RuleSet, family: IPFamily, at now: UnixTime) {
        var sweep = RangeSweep<UInt128>()
        for index in rules.order.deciders(in: rules.rules, at: now) {
            let (block, action) = (rules.rules.block(of: index), rules.rules.action(of: index))
            guard block.family == family else { continue }
            let slot = Slot(rule: action == .allow ? 0 : 1, action: action, expires: false)
            sweep.open(from: block.first.bits, through: block.last.bits, slot: slot)
        }
        self.init(family, admittedIn: sweep.finish())
    }

    /// The addresses of `family` that any of `blocks` contains.
    public init(of blocks: some Sequence<CIDRBlock>, family: IPFamily) {
        var numbers: [ClosedRange<UInt128>] = []
        for block in blocks.filter({ $0.family == family }).sorted() {
            let range = block.first.bits...block.last.bits
            guard let last = numbers.last,
                last.upperBound >= range.lowerBound - min(range.lowerBound, 1)
            else {
                numbers.append(range)
                continue
            }
            numbers[numbers.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        self.init(family, numbers: numbers)
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

extension AddressSet {
    public var isEmpty: Bool { numbers.isEmpty }

    /// Whether it holds every address of the family.
    public var isEverything: Bool {
        numbers == [0...IPAddress(family, bits: .max).bits]
    }

    /// The part of the internet that is in it, from 0 to 1: of all IPv4 addresses, and of IPv6's
    /// global unicast addresses, 2000::/3 (IANA's "IPv6 Global Unicast Address Assignments").
    public var shareOfInternet: Double {
        let whole: ClosedRange<UInt128> =
            family == .v4 ? 0...UInt128(UInt32.max) : (1 << 125)...((1 << 126) - 1)
        let size = whole.upperBound - whole.lowerBound + 1
        let count = numbers.reduce(UInt128(0)) { sum, range in
            guard range.overlaps(whole) else { return sum }
            let part = range.clamped(to: whole)
            return sum + (part.upperBound - part.lowerBound + 1)
        }
        return count == size ? 1 : min(Double(count) / Double(size), 1.0.nextDown)
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
