import Addresses
import Time

extension RuleTable {
    /// Packs rules one by one, so that no array of them is needed.
    ///
    ///     var builder = RuleTable.Builder()
    ///     for rule in rules { builder.append(rule) }
    ///     let trie = CompiledTrie(builder.table)
    public struct Builder: Sendable {
        /// What has been appended so far, in this order.
        public private(set) var table = RuleTable()
        private var texts = TextIndex()

        public init() {}

        /// - Returns: the rule's index.
        @discardableResult
        public mutating func append(_ rule: Rule, isEnabled: Bool = true) -> Int {
            let index = table.heads.count
            table.appendHead(.vacant)
            table.positions.append(0)
            if !table.descriptions.isEmpty { table.descriptions.append(0) }
            if !table.expiries.isEmpty { table.expiries.append(0) }
            let text = texts.place(of: rule.description, in: &table.texts)
            table.write(rule, at: index, isEnabled: isEnabled, text: text)
            return index
        }
    }

    /// Packs `rules`, in order.
    public init(_ rules: some Sequence<Rule>) {
        var builder = Builder()
        for rule in rules { builder.append(rule) }
        self = builder.table
    }
}

// MARK: - Changes

extension RuleTable {
    /// Adds a rule.
    ///
    /// - Returns: its index: a removed rule's, or the next one.
    mutating func insert(_ rule: Rule, isEnabled: Bool) -> Int {
        let index: Int
        if let vacancy = vacancies.popLast() {
            index = Int(vacancy)
        } else {
            index = heads.count
            appendGap()
        }
        write(rule, at: index, isEnabled: isEnabled, text: texts.append(rule.description))
        return index
    }

    /// Replaces the rule at `index`.
    mutating func replace(_ index: Int, with rule: Rule) {
        let isEnabled = heads[index].isEnabled
        let text = place(of: rule.description, replacing: index)
        if heads[index].family == .v6 { spareNetworks.append(positions[index]) }
        write(rule, at: index, isEnabled: isEnabled, text: text)
        compactTextsIfWorthIt()
    }

    mutating func remove(_ index: Int) {
        if heads[index].family == .v6 { spareNetworks.append(positions[index]) }
        _ = place(of: "", replacing: index)
        setHead(.vacant, at: index)
        positions[index] = 0
        if !descriptions.isEmpty { descriptions[index] = 0 }
        if !expiries.isEmpty { expiries[index] = 0 }
        vacancies.append(UInt32(truncatingIfNeeded: index))
        compactTextsIfWorthIt()
    }

    private mutating func appendGap() {
        // An array that grows doubles; these are copied for every edit, and need room for a few.
        let room = heads.count + heads.count / 64 + 16
        reserveHeads(room)
        if positions.capacity == positions.count { positions.reserveCapacity(room) }
        appendHead(.vacant)
        positions.append(0)
        if !descriptions.isEmpty { descriptions.append(0) }
        if !expiries.isEmpty { expiries.append(0) }
    }

    /// Writes a rule's columns; a column that was not needed before is added.
    fileprivate mutating func write(_ rule: Rule, at index: Int, isEnabled: Bool, text: UInt32) {
        setHead(RuleHead(rule, isEnabled: isEnabled), at: index)
        positions[index] = position(of: rule.block.network)
        if text != 0, descriptions.isEmpty {
            descriptions = [UInt32](repeating: 0, count: heads.count)
        }
        if !descriptions.isEmpty { descriptions[index] = text }
        if rule.expiry != nil, expiries.isEmpty {
            expiries = [Int64](repeating: 0, count: heads.count)
        }
        if !expiries.isEmpty { expiries[index] = rule.expiry?.seconds ?? 0 }
    }

    private mutating func position(of network: IPAddress) -> UInt32 {
        switch network {
        case .v4(let network): return network.bits
        case .v6(let network):
            if let spare = spareNetworks.popLast() {
                networks[2 * Int(spare)] = network.high
                networks[2 * Int(spare) + 1] = network.low
                return spare
            }
            networks.append(network.high)
            networks.append(network.low)
            return UInt32(truncatingIfNeeded: networks.count / 2 - 1)
        }
    }

    /// Where `text` is stored, which may be where it is already: as the description at `index`.
    private mutating func place(of text: String, replacing index: Int) -> UInt32 {
        guard !descriptions.isEmpty else { return texts.append(text) }
        let old = descriptions[index]
        if texts[old] == text { return old }
        staleTextByteCount += texts.byteCount(at: old)
        return texts.append(text)
    }
}

// MARK: - Compaction

extension RuleTable {
    /// Up to this share of the texts, and this many bytes a rule, may be stale. Compacting takes
    /// time for each rule, so that few of them may not bring it about.
    private static let staleTextShare = 4
    private static let staleTextBytesPerRule = 4

    private mutating func compactTextsIfWorthIt() {
        let limit = Swift.max(
            texts.byteCount / Self.staleTextShare,
            heads.count * Self.staleTextBytesPerRule,
            4_096
        )
        if staleTextByteCount > limit { compactTexts() }
    }

    /// Drops the texts that rules no longer use.
    private mutating func compactTexts() {
        let old = texts
        texts = TextTable()
        staleTextByteCount = 0
        var index = TextIndex()
        for rule in descriptions.indices where descriptions[rule] != 0 {
            descriptions[rule] = index.place(of: old[descriptions[rule]], in: &texts)
        }
        if texts.chunks.isEmpty { descriptions = [] }
    }

    /// Whether edits have left only gaps.
    var isCompact: Bool { staleTextByteCount == 0 && spareNetworks.isEmpty }

    /// The same rules at the same indices, without the remains of edits.
    var compacted: RuleTable {
        var table = self
        table.compactTexts()
        table.networks = []
        table.spareNetworks = []
        for index in indices where heads[index].family == .v6 {
            let halves = 2 * Int(positions[index])
            table.positions[index] = UInt32(truncatingIfNeeded: table.networks.count / 2)
            table.networks += [networks[halves], networks[halves + 1]]
        }
        if !heads.contains(where: \.expires) { table.expiries = [] }
        return table
    }
}
