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
}
