package import Addresses
import CIDRTrie
package import Time

/// When the entries of whitelists expire, so that the operator reads of it.
package struct RuleExpiries: Sendable {
    /// Entries of one warehouse that have expired since the last look.
    package struct Expired: Equatable, Sendable {
        package var warehouse: String
        /// The first of them, in the order in which they expired.
        package var blocks: [CIDRBlock]
        /// All of them.
        package var count: Int
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

    package init() {}

    /// Entries that expire after `now` and decide on somebody.
    ///
    /// - Complexity: O(n log n) in those that expire; all rules are looked at.
    package init(
        of whitelists: some Sequence<(warehouse: String, whitelist: Whitelist)>,
        after now: UnixTime
    ) {
        for (warehouse, whitelist) in whitelists where whitelist.mode == .specific {
            add(whitelist.rules, of: warehouse, after: now)
            for list in whitelist.lists { add(list.rules, of: warehouse, after: now) }
        }
        entries.sort { $0.moment > $1.moment }
    }

    private mutating func add(
        _ rules: some Sequence<Rule>,
        of warehouse: String,
        after now: UnixTime
    ) {
        for rule in rules {
            guard let expiry = rule.expiry, expiry > now else { continue }
            entries.append(Entry(moment: expiry, warehouse: warehouse, block: rule.block))
        }
    }

    /// When the next entry expires; `nil` if none does.
    package var next: UnixTime? { entries.last?.moment }

    /// Takes what has expired by `now`, by warehouse.
    package mutating func takeExpired(at now: UnixTime) -> [Expired] {
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

extension RuleExpiries.Expired: CustomStringConvertible {
    /// `warehouse W: 10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16 and 7 more`
    package var description: String {
        let names = blocks.map(\.description).joined(separator: ", ")
        let rest = count - blocks.count
        return "warehouse \(warehouse): \(names)" + (rest > 0 ? " and \(rest) more" : "")
    }
}
