import Addresses
import CIDRTrie
import FoundationEssentials
import GRDB
import Policy
import Time

/// How the policy is written as rows and read from them.
///
/// Reading trusts nothing: a row that does not have its checksum, or that says what nobody can have
/// written, makes the store unusable (``DamagedRow``).
enum PolicyRows {}

/// A row that is not as it was written.
struct DamagedRow: Error, CustomStringConvertible {
    var table: String
    var reason: String

    var description: String { "table \(table): \(reason)" }
}

// MARK: - Settings

extension PolicyRows {
    enum Setting: String {
        case revision
    }

    static func write(_ value: some BinaryInteger, as setting: Setting, to database: Database)
        throws
    {
        let checksum = RowChecksum.of("setting", [.text(setting.rawValue), .integer(value)])
        try database.execute(
            sql: """
                INSERT INTO setting (name, value, checksum) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE
                SET value = excluded.value, checksum = excluded.checksum
                """,
            arguments: [setting.rawValue, Int64(value), checksum]
        )
    }

    /// The revision of the policy; 0 in a store that has none.
    static func readRevision(from database: Database) throws -> PolicyRevision {
        let setting = Setting.revision.rawValue
        let sql = "SELECT value, checksum FROM setting WHERE name = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [setting]) else {
            guard try Int.fetchOne(database, sql: "SELECT count(*) FROM setting") == 0 else {
                throw DamagedRow(table: "setting", reason: "no revision")
            }
            return PolicyRevision(0)
        }
        let value: Int64 = try row.value(0)
        try check(row.value(1), of: "setting", [.text(setting), .number(value)])
        guard let number = UInt64(exactly: value) else {
            throw DamagedRow(table: "setting", reason: "invalid revision")
        }
        return PolicyRevision(number)
    }

    static func check(_ checksum: Int64, of table: String, _ fields: [RowChecksum.Field]) throws {
        guard checksum == RowChecksum.of(table, fields) else {
            throw DamagedRow(table: table, reason: "checksum mismatch")
        }
    }
}

// MARK: - Warehouses and groups

extension PolicyRows {
    static func write(_ warehouse: StoredWarehouse, id: String, to database: Database) throws {
        let fields: [RowChecksum.Field] = [
            .text(id), .text(warehouse.mode.rawValue), .integer(warehouse.version),
        ]
        try database.execute(
            sql: """
                INSERT INTO warehouse (id, mode, version, checksum) VALUES (?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET mode = excluded.mode, version = excluded.version, checksum = excluded.checksum
                """,
            arguments: [
                id, warehouse.mode.rawValue, Int64(warehouse.version),
                RowChecksum.of("warehouse", fields),
            ]
        )
    }

    static func write(_ group: AddressGroup, to database: Database) throws {
        let fields: [RowChecksum.Field] = [
            .text(group.name), .text(group.description), .integer(group.version),
        ]
        try database.execute(
            sql: """
                INSERT INTO addressGroup (name, description, version, checksum) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET description = excluded.description,
                version = excluded.version, checksum = excluded.checksum
                """,
            arguments: [
                group.name, group.description, Int64(group.version),
                RowChecksum.of("addressGroup", fields),
            ]
        )
    }

    static func write(groups: [String], of warehouse: String, to database: Database) throws {
        try database.execute(
            sql: "DELETE FROM warehouseGroup WHERE warehouse = ?",
            arguments: [warehouse]
        )
        for name in groups {
            let checksum = RowChecksum.of("warehouseGroup", [.text(warehouse), .text(name)])
            try database.execute(
                sql: "INSERT INTO warehouseGroup (warehouse, name, checksum) VALUES (?, ?, ?)",
                arguments: [warehouse, name, checksum]
            )
        }
    }

    private static func readGroups(of policy: inout StoredPolicy, from database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, name, checksum FROM warehouseGroup ORDER BY warehouse, name"
        )
        while let row = try rows.next() {
            let (warehouse, name): (String, String) = try (row.value(0), row.value(1))
            try check(row.value(2), of: "warehouseGroup", [.text(warehouse), .text(name)])
            guard policy.warehouses[warehouse] != nil, policy.groups[name] != nil else {
                throw DamagedRow(table: "warehouseGroup", reason: "unknown warehouse or group")
            }
            policy.warehouses[warehouse]?.groups.append(name)
        }
    }
}

// MARK: - Documents

extension PolicyRows {
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(
        _ document: String,
        _ checksum: Int64,
        of table: String,
        id: String
    ) throws -> Value {
        try check(checksum, of: table, [.text(id), .text(document)])
        return try JSONDecoder().decode(Value.self, from: Data(document.utf8))
    }

    static func write(_ endpoint: Endpoint, of warehouse: String, to database: Database) throws {
        try write(
            endpoint,
            key: [warehouse, endpoint.cloud.rawValue, endpoint.id],
            to: "endpoint",
            database
        )
    }

    static func write(_ service: EndpointService, of warehouse: String, to database: Database)
        throws
    {
        try write(
            service,
            key: [warehouse, service.cloud.rawValue, service.id],
            to: "endpointService",
            database
        )
    }

    private static func write(
        _ value: some Encodable,
        key: [String],
        to table: String,
        _ database: Database
    ) throws {
        let document = try json(value)
        let id = key.joined(separator: "\u{0}")
        let checksum = RowChecksum.of(table, [.text(id), .text(document)])
        try database.execute(
            sql: """
                INSERT INTO \(table) (warehouse, cloud, id, document, checksum)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (warehouse, cloud, id) DO UPDATE
                SET document = excluded.document, checksum = excluded.checksum
                """,
            arguments: StatementArguments(key) + [document, checksum]
        )
    }

    static func remove(
        _ name: EndpointName,
        from table: String,
        of warehouse: String,
        in database: Database
    ) throws {
        try database.execute(
            sql: "DELETE FROM \(table) WHERE warehouse = ? AND cloud = ? AND id = ?",
            arguments: [warehouse, name.cloud.rawValue, name.id]
        )
    }

    private static func readDocuments<Value: Decodable>(
        of table: String,
        from database: Database,
        _ take: (_ warehouse: String, Value) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, cloud, id, document, checksum FROM \(table) ORDER BY 1, 2, 3"
        )
        while let row = try rows.next() {
            let key: [String] = try [row.value(0), row.value(1), row.value(2)]
            let id = key.joined(separator: "\u{0}")
            try take(key[0], decode(row.value(3), row.value(4), of: table, id: id))
        }
    }

    static func write(_ service: OutboundService, to database: Database) throws {
        let document = try json(service)
        let checksum = RowChecksum.of(
            "outboundService",
            [.text(service.id), .text(document)]
        )
        try database.execute(
            sql: """
                INSERT INTO outboundService (id, document, checksum) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET document = excluded.document, checksum = excluded.checksum
                """,
            arguments: [service.id, document, checksum]
        )
    }
}

// MARK: - Outbound endpoints

extension PolicyRows {
    static func write(_ endpoint: OutboundEndpoint, of warehouse: String, to database: Database)
        throws
    {
        let document = try json(endpoint)
        let key = [warehouse, endpoint.id, endpoint.service]
        let id = key.joined(separator: "\u{0}")
        try database.execute(
            sql: """
                INSERT INTO outboundEndpoint (warehouse, id, service, document, checksum)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (warehouse, id) DO UPDATE SET service = excluded.service,
                document = excluded.document, checksum = excluded.checksum
                """,
            arguments: StatementArguments(key) + [
                document, RowChecksum.of("outboundEndpoint", [.text(id), .text(document)]),
            ]
        )
    }

    private static func readOutboundEndpoints(
        of policy: inout StoredPolicy,
        from database: Database
    ) throws {
        let table = "outboundEndpoint"
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, id, service, document, checksum FROM \(table)"
        )
        while let row = try rows.next() {
            let key: [String] = try [row.value(0), row.value(1), row.value(2)]
            let id = key.joined(separator: "\u{0}")
            let endpoint: OutboundEndpoint = try decode(
                row.value(3),
                row.value(4),
                of: table,
                id: id
            )
            guard policy.warehouses[key[0]] != nil, endpoint.id == key[1],
                endpoint.service == key[2],
                policy.outboundServices.contains(where: { $0.id == endpoint.service })
            else { throw DamagedRow(table: table, reason: "unknown warehouse or service") }
            policy.warehouses[key[0]]?.outboundEndpoints.append(endpoint)
        }
        for id in policy.warehouses.keys { policy.warehouses[id]?.sortLinks() }
    }
}

// MARK: - Shadow mode

extension PolicyRows {
    static func write(
        shadowOf listener: SocketAddress,
        until end: UnixTime,
        of warehouse: String,
        to database: Database
    ) throws {
        let fields: [RowChecksum.Field] = [
            .text(warehouse), .text("\(listener)"), .number(end.seconds),
        ]
        try database.execute(
            sql: """
                INSERT INTO shadow (warehouse, listener, endsAt, checksum) VALUES (?, ?, ?, ?)
                ON CONFLICT (warehouse, listener) DO UPDATE
                SET endsAt = excluded.endsAt, checksum = excluded.checksum
                """,
            arguments: [
                warehouse, "\(listener)", end.seconds, RowChecksum.of("shadow", fields),
            ]
        )
    }

    static func removeShadow(
        of listener: SocketAddress,
        of warehouse: String,
        in database: Database
    ) throws {
        try database.execute(
            sql: "DELETE FROM shadow WHERE warehouse = ? AND listener = ?",
            arguments: [warehouse, "\(listener)"]
        )
    }

    private static func readShadows(of policy: inout StoredPolicy, from database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, listener, endsAt, checksum FROM shadow"
        )
        while let row = try rows.next() {
            let (id, listener): (String, String) = try (row.value(0), row.value(1))
            let end: Int64 = try row.value(2)
            try check(
                row.value(3),
                of: "shadow",
                [.text(id), .text(listener), .number(end)]
            )
            guard policy.warehouses[id] != nil else {
                throw DamagedRow(table: "shadow", reason: "unknown warehouse")
            }
            policy.warehouses[id]?.shadows[try SocketAddress(parsing: listener)] =
                UnixTime(seconds: end)
        }
    }
}

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

// MARK: - The whole policy

extension PolicyRows {
    /// Reads and checks everything.
    static func readPolicy(from database: Database) throws -> StoredPolicy {
        var policy = StoredPolicy()
        policy.revision = try readRevision(from: database)
        let warehouses = try Row.fetchCursor(
            database,
            sql: "SELECT id, mode, version, checksum FROM warehouse"
        )
        while let row = try warehouses.next() {
            let (id, mode): (String, String) = try (row.value(0), row.value(1))
            let version: Int64 = try row.value(2)
            try check(row.value(3), of: "warehouse", [.text(id), .text(mode), .number(version)])
            guard let mode = Whitelist.Mode(rawValue: mode), version >= 0 else {
                throw DamagedRow(table: "warehouse", reason: "unknown mode or version")
            }
            policy.warehouses[id] = StoredWarehouse(mode: mode, version: UInt64(version))
        }
        try readLists(of: &policy, from: database)
        try readGroups(of: &policy, from: database)
        try readDocuments(of: "endpointService", from: database) { id, service in
            guard policy.warehouses[id] != nil else {
                throw DamagedRow(table: "endpointService", reason: "unknown warehouse")
            }
            policy.warehouses[id]?.endpointServices.append(service)
        }
        try readDocuments(of: "endpoint", from: database) { id, endpoint in
            guard policy.warehouses[id] != nil else {
                throw DamagedRow(table: "endpoint", reason: "unknown warehouse")
            }
            policy.warehouses[id]?.endpoints.append(endpoint)
        }
        let services = try Row.fetchCursor(
            database,
            sql: "SELECT id, document, checksum FROM outboundService ORDER BY id"
        )
        while let row = try services.next() {
            policy.outboundServices.append(
                try decode(row.value(1), row.value(2), of: "outboundService", id: row.value(0))
            )
        }
        try readOutboundEndpoints(of: &policy, from: database)
        try readShadows(of: &policy, from: database)
        try Tally.check(in: database)
        return policy
    }

    private static func readLists(of policy: inout StoredPolicy, from database: Database) throws {
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
