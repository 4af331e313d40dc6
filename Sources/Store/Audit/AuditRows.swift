import GRDB
import Time

/// How the audit is written as rows and read from them.
enum AuditRows {
    static func write(_ chained: ChainedRecord, to database: Database) throws {
        let record = chained.record
        try database.execute(
            sql: """
                INSERT INTO audit (number, at, action, warehouse, actor, document, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.number, record.at.seconds, record.action, record.warehouse,
                "\(record.actor.name)\n\(record.actor.id ?? "")", chained.document, chained.hash,
            ]
        )
    }

    static func head(in database: Database) throws -> (number: Int64, hash: String) {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
        )
        return try row.map { try ($0.value(0), $0.value(1)) } ?? (0, ChainedRecord.origin)
    }

    /// The hash of a record; `nil` if there is no such record.
    static func hash(of number: Int64, in database: Database) throws -> String? {
        guard number > 0 else { return ChainedRecord.origin }
        let row = try Row.fetchOne(
            database,
            sql: "SELECT hash FROM audit WHERE number = ?",
            arguments: [number]
        )
        return try row?.value(0)
    }

    /// Whether the columns that filters read agree with the document, which alone is hashed.
    static let agreement = """
        CASE WHEN json_valid(document) THEN
        number IS json_extract(document, '$.number')
        AND at IS CAST(strftime('%s', json_extract(document, '$.at')) AS INTEGER)
        AND action IS json_extract(document, '$.action')
        AND warehouse IS json_extract(document, '$.warehouse')
        AND actor IS json_extract(document, '$.actor.name') || char(10)
        || ifnull(json_extract(document, '$.actor.id'), '')
        ELSE 0 END
        """

    /// The condition of a filter, and its arguments.
    static func condition(of filter: AuditFilter) -> (sql: String, arguments: StatementArguments) {
        var terms = ["1"]
        var arguments = StatementArguments()
        if let warehouse = filter.warehouse {
            terms.append("warehouse = ?")
            arguments += [warehouse]
        }
        if let actor = filter.actor {
            terms.append("instr(actor, ?) > 0")
            arguments += [actor]
        }
        if let action = filter.action {
            terms.append("substr(action, 1, ?) = ?")
            arguments += [action.unicodeScalars.count, action]
        }
        if let since = filter.since {
            terms.append("at >= ?")
            arguments += [since.seconds]
        }
        if let until = filter.until {
            terms.append("at < ?")
            arguments += [until.seconds]
        }
        return (terms.joined(separator: " AND "), arguments)
    }
}

extension PolicyStore {
    /// A page of the audit, the newest record first.
    package func audit(
        matching filter: AuditFilter,
        offset: Int,
        limit: Int
    ) throws(StoreError) -> (records: [ChainedRecord], total: Int) {
        let (condition, arguments) = AuditRows.condition(of: filter)
        do {
            return try pool.read { database in
                let total =
                    try Int.fetchOne(
                        database,
                        sql: "SELECT count(*) FROM audit WHERE \(condition)",
                        arguments: arguments
                    ) ?? 0
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT document, hash FROM audit WHERE \(condition)
                        ORDER BY number DESC LIMIT ? OFFSET ?
                        """,
                    arguments: arguments + [limit, offset]
                )
                let records = try rows.map {
                    try ChainedRecord(document: $0.value(0), hash: $0.value(1))
                }
                return (records, total)
            }
        } catch {
            throw Self.error(error, path)
        }
    }

    /// The records after `number`, the oldest first, at most `limit`.
    package func audit(
        after number: Int64,
        matching filter: AuditFilter,
        limit: Int
    ) throws(StoreError) -> [ChainedRecord] {
        let (condition, arguments) = AuditRows.condition(of: filter)
        do {
            return try pool.read { database in
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT document, hash FROM audit WHERE \(condition) AND number > ?
                        ORDER BY number LIMIT ?
                        """,
                    arguments: arguments + [number, limit]
                )
                return try rows.map { try ChainedRecord(document: $0.value(0), hash: $0.value(1)) }
            }
        } catch {
            throw Self.error(error, path)
        }
    }

    /// Recalculates the whole chain. Blocks: some 100,000 records a second.
    package func verifyAudit() throws(StoreError) -> AuditVerification {
        do {
            return try pool.read { database in
                var head = ChainedRecord.origin
                var (count, firstInvalid): (Int64, Int64?) = (0, nil)
                let rows = try Row.fetchCursor(
                    database,
                    sql:
                        "SELECT number, document, hash, \(AuditRows.agreement) FROM audit ORDER BY number"
                )
                while let row = try rows.next() {
                    count += 1
                    let number: Int64 = try row.value(0)
                    let (document, hash): (String, String) = try (row.value(1), row.value(2))
                    let agrees: Bool = try row.value(3)
                    let isValid =
                        agrees && number == count
                        && hash == ChainedRecord.hash(of: document, after: head)
                    if !isValid, firstInvalid == nil { firstInvalid = number }
                    head = hash
                }
                return AuditVerification(count: count, head: head, firstInvalid: firstInvalid)
            }
        } catch {
            throw Self.error(error, path)
        }
    }
}
