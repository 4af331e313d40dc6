public import Addresses
public import CIDRTrie
public import Time

/// A public link's rules.
public struct Whitelist: Hashable, Sendable {
    /// Who may connect, in the terms of the managed product's console.
    public enum Mode: String, Hashable, Sendable, CaseIterable, Codable {
        /// Every source, IPv4 and IPv6. Entries are not considered.
        case anywhere
        /// No source. Entries are not considered.
        case nowhere
        /// The entries decide, the longest matching prefix first; an address that none of them
        /// matches is denied.
        case specific
    }

    /// Whether ``lists`` are considered at all.
    public var mode: Mode
    /// Consulted together, as if they were one list. If two of them disagree about the same block,
    /// it is denied.
    public var lists: [EntryList]

    public init(mode: Mode, lists: [EntryList] = []) {
        self.mode = mode
        self.lists = lists
    }

    /// The number of entries in all lists, disabled ones included.
    public var entryCount: Int { lists.reduce(0) { $0 + $1.count } }
}

extension Whitelist {
    /// What a new warehouse of the managed product starts with: every address is admitted.
    public static let openToAll = Whitelist(
        mode: .specific,
        lists: [EntryList(.entries, rules: [Rule(block: .allIPv4), Rule(block: .allIPv6)])]
    )

    /// Admits no client.
    public static let empty = Whitelist(mode: .specific)
}

/// The entry that decides on an address.
public struct EntryMatch: Hashable, Sendable {
    public var block: CIDRBlock
    public var action: Action
    /// When the entry no longer applies; `nil` for never.
    public var expiry: UnixTime?
    /// The position of its list in ``Whitelist/lists``.
    public var list: Int
    /// The position of the entry in the list.
    public var index: Int
    /// ``EntryList/series`` of its list.
    public var series: UInt32
}

extension Whitelist {
    /// The entry that decides on `address` at `now`: the one with the longest prefix; among those
    /// of the same block, one that denies.
    ///
    /// - Complexity: one lookup for each list.
    public func match(for address: IPAddress, at now: UnixTime) -> EntryMatch? {
        strongest { $0.trie.match(for: address, at: now) }
    }

    /// The entry that would decide on `address` if it had not expired by `now`; `nil` if the
    /// strongest entry still applies.
    public func expiredMatch(for address: IPAddress, at now: UnixTime) -> EntryMatch? {
        guard let match = strongest({ $0.trie.match(for: address) }), let expiry = match.expiry,
            expiry <= now
        else { return nil }
        return match
    }

    private func strongest(_ index: (EntryList) -> Int?) -> EntryMatch? {
        var strongest: EntryMatch?
        for position in lists.indices {
            guard let index = index(lists[position]) else { continue }
            let match = EntryMatch(index, of: lists[position], at: position)
            if strongest.map(match.isStronger) ?? true { strongest = match }
        }
        return strongest
    }

    /// The operator's description of the entry that matched; `nil` if it has none.
    public func description(of match: EntryMatch) -> String? {
        let text = lists[match.list].trie.rules.description(of: match.index)
        return text.isEmpty ? nil : text
    }
}

extension EntryMatch {
    init(_ index: Int, of list: EntryList, at position: Int) {
        let rules = list.trie.rules
        self.init(
            block: rules.block(of: index),
            action: rules.action(of: index),
            expiry: rules.expiry(of: index),
            list: position,
            index: index,
            series: list.series
        )
    }

    fileprivate func isStronger(than other: EntryMatch) -> Bool {
        let (length, otherLength) = (block.prefixLength, other.block.prefixLength)
        return length == otherLength ? action == .deny : length > otherLength
    }
}

extension CIDRBlock {
    /// 0.0.0.0/0
    public static let allIPv4 = CIDRBlock(containing: IPAddress(.v4, bits: 0), prefixLength: 0)
    /// ::/0
    public static let allIPv6 = CIDRBlock(containing: IPAddress(.v6, bits: 0), prefixLength: 0)
}
