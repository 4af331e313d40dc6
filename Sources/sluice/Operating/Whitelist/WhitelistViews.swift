import Addresses
import Control
import Text
import Time

/// An entry of a whitelist or of a group, as a table shows it.
struct EntryView: ChangedItem {
    static let key = "entry"

    /// `nil` for an entry of a file, which is read-only.
    var entryId: String?
    var list: String?
    var cidr: String
    var action: String
    var description: String?
    var enabled: Bool?
    var expired: Bool?
    var expiresAt: UnixTime?
    var hits: Int?
    var lastHitAt: UnixTime?

    var state: String {
        if expired == true { return "expired" }
        return enabled == false ? "disabled" : "enabled"
    }

    /// `cidr` as a value: 203.0.113.7 and 203.0.113.7/32 are the same.
    var block: CIDRBlock? {
        // `try?`: what is not understood is not the same as anything.
        try? CIDRBlock(entry: cidr)
    }

    /// `entry 12: allow 203.0.113.0/24`
    var words: String { (entryId.map { "entry \($0): " } ?? "") + "\(action) \(cidr)" }
}

extension CIDRBlock {
    /// A block, or an address alone, as an entry may be written.
    init(entry text: String) throws(AddressSyntaxError) {
        if text.contains("/") {
            try self.init(parsing: text)
        } else {
            self.init(try IPAddress(parsing: text).unmapped)
        }
    }
}

extension ManagementClient.Listing where Element == EntryView {
    var table: String {
        let headings: [Columns.Heading] = [
            "ID", "LIST", "CIDR", "ACTION", "STATE", "EXPIRES", .number("HITS"), "LAST HIT",
            "DESCRIPTION",
        ]
        return table(headings, empty: "no entries") { entry in
            [
                entry.entryId.cell, entry.list.cell, entry.cidr, entry.action, entry.state,
                entry.expiresAt.cell, entry.hits.cell, entry.lastHitAt.cell, entry.description.cell,
            ]
        }
    }
}

/// A warehouse's whitelist without its entries.
struct WhitelistView: ChangedItem {
    static let key = "whitelist"

    struct List: Decodable, Hashable {
        var list: String
        var count: Int
        var readOnly: Bool?
    }

    var warehouseId: String
    var mode: String
    var version: Int?
    var groups: [String]?
    var lists: [List]?
    var warnings: [String]?

    /// For people.
    var text: String {
        let version = version.map { ", version \($0)" } ?? ""
        let head = "whitelist of \(warehouseId): \(modeWords)\(version)"
        let rows = (lists ?? []).map { list in
            [list.list, "\(list.count)", list.readOnly == true ? "read-only" : "-"]
        }
        let table = Columns(["LIST", .number("ENTRIES"), "NOTE"], rows).description
        let warnings = (warnings ?? []).map { "warning: \(LogText.harmless($0))" }
        return ([head] + warnings + (rows.isEmpty ? [] : ["", table])).joined(separator: "\n")
            + "\n"
    }

    private var modeWords: String {
        switch mode {
        case "anywhere": "mode anywhere (all clients but denied ones are admitted)"
        case "nowhere": "mode nowhere (no client is admitted)"
        case "specific": "mode specific (only clients with an allow entry are admitted)"
        default: "mode \(mode)"
        }
    }
}
