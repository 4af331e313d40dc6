public import Addresses
import CIDRTrie
public import Time

/// When the entries of whitelists expire, so that it can be logged.
public struct EntryExpiries: Sendable {
    /// Entries of one warehouse that have expired since the last check.
    public struct Expired: Equatable, Sendable {
        public var warehouse: String
        /// The first of them, in the order in which they expired.
        public var blocks: [CIDRBlock]
        /// All of them.
        public var count: Int
    }

    private struct Entry {
        let moment: UnixTime
        let warehouse: String
        let block: CIDRBlock
    }

    /// Blocks that ``Expired`` names.
    private static let namedLimit = 3

    /// The latest first: those that expire next are taken from the end.
    private var entries: [Entry] = []

    public init() {}

    /// Entries that expire after `now` and are considered: all of them under `specific`, those that
    /// deny under `anywhere`.
    ///
    /// - Complexity: O(*n* log *n*) in the entries that expire; all entries are looked at, but those
    ///   of lists without expiries.
    public init(of policy: Policy, after now: UnixTime) {
        for (warehouse, policy) in policy.warehouses where policy.whitelist.mode != .nowhere {
            let onlyDenials = policy.whitelist.mode == .anywhere
            for list in policy.whitelist.lists {
                add(list, of: warehouse, onlyDenials: onlyDenials, after: now)
            }
        }
        entries.sort { $0.moment > $1.moment }
    }

    private mutating func add(
        _ list: EntryList,
        of warehouse: String,
        onlyDenials: Bool,
        after now: UnixTime
    ) {
        let rules = list.trie.rules
        guard rules.hasExpiries, !onlyDenials || rules.hasDenials else { return }
        for index in rules.indices {
            guard let expiry = rules.expiry(of: index), expiry > now, rules.isEnabled(index) else {
                continue
            }
            if onlyDenials, rules.action(of: index) == .allow { continue }
            let block = rules.block(of: index)
            entries.append(Entry(moment: expiry, warehouse: warehouse, block: block))
        }
    }

    /// When the next entry expires; `nil` if none does.
    public var next: UnixTime? { entries.last?.moment }

    /// Removes and returns what has expired by `now`, by warehouse.
    public mutating func takeExpired(at now: UnixTime) -> [Expired] {
        var expired: [String: Expired] = [:]
        while let entry = entries.last, entry.moment <= now {
            entries.removeLast()
            var all =
                expired[entry.warehouse]
                ?? Expired(warehouse: entry.warehouse, blocks: [], count: 0)
            all.count += 1
            if all.blocks.count < Self.namedLimit { all.blocks.append(entry.block) }
            expired[entry.warehouse] = all
        }
        return expired.values.sorted { $0.warehouse < $1.warehouse }
    }
}

extension EntryExpiries.Expired: CustomStringConvertible {
    /// `warehouse W: 10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16 and 7 more`
    public var description: String {
        let names = blocks.map(\.description).joined(separator: ", ")
        let rest = count - blocks.count
        return "warehouse \(warehouse): \(names)" + (rest > 0 ? " and \(rest) more" : "")
    }
}
