public import Addresses
public import CIDRTrie
public import Time

/// A public link's rules.
public struct Whitelist: Hashable, Sendable {
    /// Who may connect, in the terms of the managed product's console.
    public enum Mode: String, Hashable, Sendable, CaseIterable, Codable {
        /// Every source, IPv4 and IPv6, except those that an entry denies, the longest prefix first.
        case anywhere
        /// No source, whatever the entries.
        case nowhere
        /// The entries decide, the longest matching prefix first; an address that none of them
        /// matches is denied.
        case specific
    }

    /// What becomes of an address that no entry matches, and whether ``lists`` are considered.
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

    /// Whether any enabled entry denies, expired ones included.
    ///
    /// - Complexity: independent of the number of entries.
    public var hasDenials: Bool { lists.contains { $0.trie.rules.hasDenials } }

    /// The whitelist of one service: without the lists of the others.
    ///
    /// The lists are the same objects. Their positions may be others: an ``EntryMatch`` has those of
    /// the whitelist that found it.
    public func narrowed(to service: ServiceProtocol) -> Whitelist {
        Whitelist(mode: mode, lists: lists.filter { $0.name.counts(for: service) })
    }
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
    /// The position of its list in ``Whitelist/lists`` of the whitelist that found it.
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

    /// The list of an entry that this whitelist found, or one with the same versions of its lists,
    /// such as the one ``narrowed(to:)`` a service.
    public func list(of match: EntryMatch) -> EntryList? {
        if lists.indices.contains(match.list), lists[match.list].series == match.series {
            return lists[match.list]
        }
        return lists.first { $0.series == match.series }
    }

    /// The operator's description of the entry that matched; `nil` if it has none.
    ///
    /// - Parameter match: as for ``list(of:)``.
    public func description(of match: EntryMatch) -> String? {
        guard let rules = list(of: match)?.trie.rules, rules.contains(index: match.index) else {
            return nil
        }
        let text = rules.description(of: match.index)
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
