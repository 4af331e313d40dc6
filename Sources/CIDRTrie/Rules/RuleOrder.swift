import Addresses
import Time

/// The rules of a table in ascending order of their blocks, a block before those inside it; rules of
/// the same block by index. 4 bytes a rule.
///
/// Compiling walks through it, and what an edit or an expiry needs is found by binary search: the
/// rules of a block, and the block around another.
@usableFromInline
struct RuleOrder: Hashable, Sendable {
    private(set) var indices: [UInt32]

    /// - Parameter indices: in ascending order; see ``isValid(for:)``.
    init(indices: [UInt32]) { self.indices = indices }

    /// - Complexity: O(*n*) for rules in ascending order, and for a few thousand or more.
    init(sorting table: RuleTable) {
        indices = table.indices.map { UInt32(truncatingIfNeeded: $0) }
        indices.sort(by: table)
    }

    /// Whether each rule of `table` is in it once, where it belongs.
    func isValid(for table: RuleTable) -> Bool {
        indices.count == table.count
            && indices.allSatisfy { table.contains(index: Int($0)) }
            && indices.areAscending(in: table)
    }
}

// MARK: - Changes

extension RuleOrder {
    /// - Complexity: O(*n*) for *n* rules, a few hundred microseconds for a million.
    mutating func insert(_ index: Int, in table: RuleTable) {
        if indices.capacity == indices.count {
            indices.reserveCapacity(indices.count + indices.count / 64 + 16)
        }
        let number = UInt32(truncatingIfNeeded: index)
        indices.insert(number, at: position(of: index, in: table))
    }

    mutating func remove(_ index: Int, in table: RuleTable) {
        indices.remove(at: position(of: index, in: table))
    }

    /// Inserts the rules of `indices` that are in the table, and drops the others; all have been
    /// changed since.
    mutating func update(_ changed: Set<UInt32>, in table: RuleTable) {
        var inserted = changed.filter { table.contains(index: Int($0)) }.sorted()
        inserted.sort(by: table)
        var merged: [UInt32] = []
        merged.reserveCapacity(indices.count + inserted.count)
        var next = inserted.startIndex
        for index in indices where !changed.contains(index) {
            while next < inserted.endIndex, table.precedes(inserted[next], index) {
                merged.append(inserted[next])
                next += 1
            }
            merged.append(index)
        }
        indices = merged + inserted[next...]
    }

    /// Where the rule is, or would be.
    private func position(of index: Int, in table: RuleTable) -> Int {
        let number = UInt32(truncatingIfNeeded: index)
        return indices.partitioningIndex { !table.precedes($0, number) }
    }
}

// MARK: - Searching

extension RuleOrder {
    /// The position of the first rule whose block is not before `key`.
    func lowerBound(of key: BlockKey, in table: RuleTable) -> Int {
        indices.partitioningIndex { table.key(Int($0)) >= key }
    }

    /// The positions of the rules with exactly this block.
    func positions(of key: BlockKey, in table: RuleTable) -> Range<Int> {
        let start = lowerBound(of: key, in: table)
        var end = start
        while end < indices.count, table.key(Int(indices[end])) == key { end += 1 }
        return start..<end
    }

    /// The rule that decides for exactly this block: of those that count the strictest one.
    ///
    /// - Parameter now: excludes the rules that have expired; `nil` to disregard expiries.
    func decider(of key: BlockKey, in table: RuleTable, at now: UnixTime? = nil) -> Int? {
        decider(at: positions(of: key, in: table), in: table, at: now)
    }

    fileprivate func decider(
        at positions: Range<Int>,
        in table: RuleTable,
        at now: UnixTime?
    ) -> Int? {
        var best: Int?
        for position in positions {
            let index = Int(indices[position])
            guard table.isEnabled(index) else { continue }
            if let now, table.hasExpired(index, at: now) { continue }
            if let current = best, !table.outranks(index, current) { continue }
            best = index
        }
        return best
    }

    /// The rule that decides for the smallest block around `key`, or for `key` itself where
    /// `includingItself`.
    ///
    /// - Complexity: a binary search for each block that is next to `key` but inside all that are
    ///   around it: mostly one to three, never more than a block's bits.
    func decider(
        around key: BlockKey,
        includingItself: Bool = false,
        in table: RuleTable,
        at now: UnixTime? = nil
    ) -> Int? {
        var length = Int(key.length) - (includingItself ? 0 : 1)
        while length >= 0 {
            let sought = key.widened(to: length)
            let end = indices.partitioningIndex { table.key(Int($0)) > sought }
            guard end > 0 else { return nil }
            let found = table.key(Int(indices[end - 1]))
            guard found.family == key.family else { return nil }
            if found.contains(key) {
                var start = end - 1
                while start > 0, table.key(Int(indices[start - 1])) == found { start -= 1 }
                if let decider = decider(at: start..<end, in: table, at: now) { return decider }
                length = Int(found.length) - 1
            } else {
                // What is around `key` and not after `found` is around both.
                length = found.sharedBitCount(with: key)
            }
        }
        return nil
    }

    /// For each block with rules that count, the one that decides; in ascending order.
    func deciders(in table: RuleTable, at now: UnixTime? = nil) -> Deciders {
        Deciders(order: self, table: table, now: now)
    }

    struct Deciders: Sequence, IteratorProtocol {
        let order: RuleOrder
        let table: RuleTable
        let now: UnixTime?
        private var position = 0

        fileprivate init(order: RuleOrder, table: RuleTable, now: UnixTime?) {
            self.order = order
            self.table = table
            self.now = now
        }

        mutating func next() -> Int? {
            while position < order.indices.count {
                let start = position
                let key = table.key(Int(order.indices[start]))
                position += 1
                while position < order.indices.count,
                    table.key(Int(order.indices[position])) == key
                {
                    position += 1
                }
                if let decider = order.decider(at: start..<position, in: table, at: now) {
                    return decider
                }
            }
            return nil
        }
    }
}

extension RuleTable {
    /// Whether `a` comes before `b` in a ``RuleOrder``.
    fileprivate func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
        let (keyA, keyB) = (key(Int(a)), key(Int(b)))
        return keyA == keyB ? a < b : keyA < keyB
    }

    /// Whether `a` decides rather than `b`, which has the same block: denial before admission, then
    /// the rule that lasts longer, then the one with the lower index.
    fileprivate func outranks(_ a: Int, _ b: Int) -> Bool {
        guard action(of: a) == action(of: b) else { return action(of: a) == .deny }
        let (endOfA, endOfB) = (expiry(of: a), expiry(of: b))
        guard endOfA != endOfB else { return a < b }
        guard let endOfA else { return true }
        return endOfB.map { endOfA > $0 } ?? false
    }
}

// MARK: - Sorting

extension [UInt32] {
    fileprivate func areAscending(in table: RuleTable) -> Bool {
        zip(self, dropFirst()).allSatisfy { table.precedes($0, $1) }
    }

    /// From this count on, 65,536 counters are worth it.
    private static var radixLimit: Int { 4_096 }

    fileprivate mutating func sort(by table: RuleTable) {
        guard !areAscending(in: table) else { return }
        guard count >= Self.radixLimit else { return sort { table.precedes($0, $1) } }
        // By digits of 16 bits from the last one on. Equal ones keep their order: by index.
        var sorted = self
        sortByDigit(into: &sorted) { Int(table.key($0).length) }
        for shift in stride(from: UInt128(0), to: 128, by: 16) {
            sortByDigit(into: &sorted) {
                Int(truncatingIfNeeded: table.key($0).bits >> shift & 0xffff)
            }
        }
        sortByDigit(into: &sorted) { table.key($0).family == .v4 ? 0 : 1 }
    }

    private mutating func sortByDigit(into sorted: inout [UInt32], _ digit: (Int) -> Int) {
        var starts = [Int](repeating: 0, count: 65_537)
        for index in self { starts[digit(Int(index)) + 1] += 1 }
        // Most rules of IPv4 have zeros in six digits of eight.
        guard !starts.contains(count) else { return }
        for digit in 1..<starts.count { starts[digit] += starts[digit - 1] }
        for index in self {
            let place = digit(Int(index))
            sorted[starts[place]] = index
            starts[place] += 1
        }
        swap(&self, &sorted)
    }
}

extension Collection where Index == Int {
    /// The first index whose element satisfies `predicate`, as all after it do.
    func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
