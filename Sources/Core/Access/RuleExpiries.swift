public import Addresses
public import CIDRTrie

/// When the entries of whitelists expire, so that the operator reads of it.
public struct RuleExpiries: Sendable {
    /// Entries of one warehouse that have expired since the last look.
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

    /// Entries that expire after `now` and decide on somebody.
    ///
    /// - Complexity: O(n log n) in those that expire; all rules are looked at.
    public init(of configuration: GatewayConfiguration, after now: UnixTime) {
        for warehouse in configuration.warehouses where warehouse.whitelist.mode == .specific {
            add(warehouse.whitelist.rules, of: warehouse.id, after: now)
            for list in warehouse.whitelist.lists { add(list.rules, of: warehouse.id, after: now) }
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
    public var next: UnixTime? { entries.last?.moment }

    /// Takes what has expired by `now`, by warehouse.
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

extension RuleExpiries.Expired: CustomStringConvertible {
    /// `warehouse W: 10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16 and 7 more`
    public var description: String {
        let names = blocks.map(\.description).joined(separator: ", ")
        let rest = count - blocks.count
        return "warehouse \(warehouse): \(names)" + (rest > 0 ? " and \(rest) more" : "")
    }
}
