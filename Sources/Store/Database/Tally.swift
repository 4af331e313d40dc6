import GRDB

/// What triggers of the database keep count of (``Schema``), so that rows that were lost, and whole
/// pages that are older than the others, are noticed.
enum Tally: String, CaseIterable {
    /// The sum of the checksums of all rows that have one and are read at the start.
    case checksums
    /// The number of the last record of the audit.
    case auditHead

    /// The tables whose checksums are added up.
    static let tables = firstTables + accountTables + webhookTables

    /// Those of the first version.
    static let firstTables = [
        "setting", "warehouse", "addressGroup", "warehouseGroup", "entryList", "entry",
        "endpointService", "endpoint", "outboundService", "outboundEndpoint", "shadow",
        "apiKey",
    ]

    static let accountTables = ["account", "session"]

    static let webhookTables = ["webhook"]

    /// What the triggers have counted.
    func read(from database: Database) throws -> Int64 {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT value FROM tally WHERE name = ?",
            arguments: [rawValue]
        )
        guard let row else { throw DamagedRow(table: "tally", reason: "a row is missing") }
        return try row.value(0)
    }

    /// Counts again, and compares.
    static func check(in database: Database) throws {
        let sums = tables.map { "(SELECT ifnull(sum(checksum), 0) FROM \($0))" }
        let sum = try Int64.fetchOne(database, sql: "SELECT \(sums.joined(separator: " + "))")
        guard sum == (try Tally.checksums.read(from: database)) else {
            throw DamagedRow(table: "tally", reason: "rows are missing or were replaced")
        }
        guard try AuditRows.head(in: database).number == Tally.auditHead.read(from: database) else {
            throw DamagedRow(table: "audit", reason: "records are missing")
        }
    }
}

extension Row {
    /// A column's value. Unlike the subscript, it throws if the column has another type, as only a
    /// damaged file has.
    func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ index: Int) throws
        -> Value
    {
        try decode(atIndex: index)
    }
}
