import Addresses
import CIDRTrie
import FoundationEssentials
import GRDB
import Policy
import Time

// MARK: - Entries

extension PolicyRows {
    /// Adds a list's row, which is complete once the list was written.
    ///
    /// - Returns: its number.
    static func makeList(_ owner: ListReference, in database: Database) throws -> Int64 {
        let (warehouse, service, group) = owner.columns
        try database.execute(
            sql: """
                INSERT INTO entryList
                (warehouse, service, addressGroup, nextNumber, entryCount, checksum)
                VALUES (?, ?, ?, 0, 0, 0)
                """,
            arguments: [warehouse, service, group]
        )
        return database.lastInsertedRowID
    }

    /// Writes a list's own row; its entries are written one by one.
    static func write(_ list: StoredList, of owner: ListReference, to database: Database) throws {
        let next = Int64(list.list.nextNumber)
        let count = Int64(list.list.count)
        try database.execute(
            sql: """
                UPDATE entryList SET nextNumber = ?, entryCount = ?, checksum = ? WHERE id = ?
                """,
            arguments: [next, count, checksum(ofList: list.row, owner, next, count), list.row]
        )
    }

    private static func checksum(
        ofList row: Int64,
        _ owner: ListReference,
        _ next: Int64,
        _ count: Int64
    ) -> Int64 {
        let (warehouse, service, group) = owner.columns
        return RowChecksum.of(
            "entryList",
            [
                .number(row), .text(warehouse), .text(service), .text(group), .number(next),
                .number(count),
            ]
        )
    }

    static func entryStatement(in database: Database) throws -> Statement {
        try database.cachedStatement(
            sql: """
                INSERT INTO entry (list, number, block, text, isDenied, isEnabled,
                description, expiresAt, editor, editedAt, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (list, number) DO UPDATE SET block = excluded.block,
                text = excluded.text, isDenied = excluded.isDenied,
                isEnabled = excluded.isEnabled, description = excluded.description,
                expiresAt = excluded.expiresAt, editor = excluded.editor,
                editedAt = excluded.editedAt, checksum = excluded.checksum
                """
        )
    }

    static func write(
        _ entry: WhitelistEntry,
        number: UInt32,
        in list: Int64,
        by statement: Statement
    ) throws {
        let block = entry.rule.block.description
        let text = entry.text == block ? nil : entry.text
        let isDenied: Int64 = entry.rule.action == .deny ? 1 : 0
        let isEnabled: Int64 = entry.isEnabled ? 1 : 0
        let expiry = entry.rule.expiry?.seconds
        let checksum = RowChecksum.of(
            "entry",
            [
                .number(list), .integer(number), .text(block), .text(text), .number(isDenied),
                .number(isEnabled), .text(entry.rule.description), .number(expiry),
                .text(entry.editor), .number(entry.editedAt?.seconds),
            ]
        )
        try statement.execute(arguments: [
            list, Int64(number), block, text, isDenied, isEnabled, entry.rule.description, expiry,
            entry.editor, entry.editedAt?.seconds, checksum,
        ])
    }

    static func removeEntry(_ number: UInt32, from list: Int64, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM entry WHERE list = ? AND number = ?")
            .execute(arguments: [list, Int64(number)])
    }

    private static func readEntries(
        of row: Int64,
        named name: EntryList.Name,
        next: Int64,
        count: Int64,
        from database: Database
    ) throws -> EntryList {
        guard let nextNumber = UInt32(exactly: next) else {
            throw DamagedRow(table: "entryList", reason: "invalid number")
        }
        var entries: [(id: EntryID, entry: WhitelistEntry)] = []
        entries.reserveCapacity(Int(clamping: min(count, 1 << 24)))
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT number, block, text, isDenied, isEnabled, description, expiresAt, editor,
                editedAt, checksum FROM entry WHERE list = ? ORDER BY number
                """,
            arguments: [row]
        )
        while let columns = try rows.next() {
            let entry = try entry(columns, in: row)
            let previous = entries.last?.id.number
            guard entry.id.number < nextNumber, previous.map({ $0 < entry.id.number }) ?? true
            else { throw DamagedRow(table: "entry", reason: "unexpected number") }
            entries.append(entry)
        }
        guard entries.count == count else {
            throw DamagedRow(
                table: "entry",
                reason: "\(entries.count) entries where \(count) were written"
            )
        }
        return EntryList(name, identified: entries, nextNumber: nextNumber)
    }

    private static func entry(_ row: Row, in list: Int64) throws -> (
        id: EntryID, entry: WhitelistEntry
    ) {
        let (number, block): (Int64, String) = try (row.value(0), row.value(1))
        let text: String? = try row.value(2)
        let (isDenied, isEnabled): (Int64, Int64) = try (row.value(3), row.value(4))
        let description: String = try row.value(5)
        let expiry: Int64? = try row.value(6)
        let editor: String = try row.value(7)
        let editedAt: Int64? = try row.value(8)
        try check(
            row.value(9),
            of: "entry",
            [
                .number(list), .number(number), .text(block), .text(text), .number(isDenied),
                .number(isEnabled), .text(description), .number(expiry), .text(editor),
                .number(editedAt),
            ]
        )
        guard let id = UInt32(exactly: number) else {
            throw DamagedRow(table: "entry", reason: "invalid number")
        }
        let rule = Rule(
            block: try CIDRBlock(parsing: block),
            action: isDenied == 1 ? .deny : .allow,
            description: description,
            expiry: expiry.map(UnixTime.init(seconds:))
        )
        let entry = WhitelistEntry(
            rule,
            text: text,
            isEnabled: isEnabled == 1,
            editor: editor,
            editedAt: editedAt.map(UnixTime.init(seconds:))
        )
        return (EntryID(number: id), entry)
    }
}

extension PolicyRows {
    /// Reads the lists of warehouses and groups, and the groups with them.
    static func readLists(of policy: inout StoredPolicy, from database: Database) throws {
        let groups = try Row.fetchAll(
            database,
            sql: "SELECT name, description, version, checksum FROM addressGroup"
        )
        var known: [String: (description: String, version: UInt64)] = [:]
        for row in groups {
            let (name, description): (String, String) = try (row.value(0), row.value(1))
            let version: Int64 = try row.value(2)
            try check(
                row.value(3),
                of: "addressGroup",
                [.text(name), .text(description), .number(version)]
            )
            known[name] = (description, UInt64(bitPattern: version))
        }
        let lists = try Row.fetchAll(
            database,
            sql: """
                SELECT id, warehouse, service, addressGroup, nextNumber, entryCount, checksum
                FROM entryList
                """
        )
        for row in lists {
            let (id, next): (Int64, Int64) = try (row.value(0), row.value(4))
            let count: Int64 = try row.value(5)
            let owner = try owner(row.value(1), row.value(2), row.value(3))
            guard try row.value(6) == checksum(ofList: id, owner, next, count) else {
                throw DamagedRow(table: "entryList", reason: "checksum mismatch")
            }
            let list = StoredList(
                row: id,
                list: try readEntries(
                    of: id,
                    named: owner.listName,
                    next: next,
                    count: count,
                    from: database
                )
            )
            switch owner {
            case .group(let name):
                guard let attributes = known.removeValue(forKey: name) else {
                    throw DamagedRow(table: "entryList", reason: "unknown group")
                }
                policy.groups[name] = AddressGroup(
                    name: name,
                    description: attributes.description,
                    version: attributes.version,
                    list: list
                )
            case .warehouse(let id, let service):
                guard let warehouse = policy.warehouses[id], warehouse.list(for: service) == nil
                else { throw DamagedRow(table: "entryList", reason: "unknown warehouse") }
                policy.warehouses[id]?.lists.append(list)
            }
        }
        guard known.isEmpty else {
            throw DamagedRow(table: "addressGroup", reason: "a group without a list")
        }
        for id in policy.warehouses.keys {
            policy.warehouses[id]?.lists.sort { $0.list.name < $1.list.name }
        }
    }

    private static func owner(_ warehouse: String?, _ service: String?, _ group: String?) throws
        -> ListReference
    {
        if let group, warehouse == nil, service == nil { return .group(group) }
        guard let warehouse, group == nil else {
            throw DamagedRow(table: "entryList", reason: "unclear owner")
        }
        guard let service else { return .warehouse(warehouse, service: nil) }
        guard let known = ServiceProtocol(rawValue: service) else {
            throw DamagedRow(table: "entryList", reason: "unknown service")
        }
        return .warehouse(warehouse, service: known)
    }
}

extension ListReference {
    /// The columns that say whose list it is.
    fileprivate var columns: (warehouse: String?, service: String?, group: String?) {
        switch self {
        case .warehouse(let id, let service): (id, service?.rawValue, nil)
        case .group(let name): (nil, nil, name)
        }
    }

    /// The name of the list in a whitelist.
    var listName: EntryList.Name {
        switch self {
        case .warehouse(_, let service): .init(service)
        case .group(let name): .group(name)
        }
    }
}
