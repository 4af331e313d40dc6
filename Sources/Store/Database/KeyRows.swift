import GRDB
import Time

/// How keys are written as rows and read from them.
enum KeyRows {
    static func write(_ key: APIKey, to database: Database) throws {
        let document = try PolicyRows.json(key)
        let checksum = RowChecksum.of("apiKey", [.text(key.id), .text(document)])
        try database.execute(
            sql: """
                INSERT INTO apiKey (id, document, checksum) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET document = excluded.document, checksum = excluded.checksum
                """,
            arguments: [key.id, document, checksum]
        )
    }

    static func remove(_ id: String, from database: Database) throws {
        try database.execute(sql: "DELETE FROM apiKey WHERE id = ?", arguments: [id])
    }

    static func readAll(from database: Database) throws -> [APIKey] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT id, document, checksum FROM apiKey ORDER BY id"
        )
        return try rows.map { row in
            try PolicyRows.decode(row.value(1), row.value(2), of: "apiKey", id: row.value(0))
        }
    }

    static func write(_ use: KeyUse, of id: String, to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO keyUse (key, at, source) VALUES (?, ?, ?)",
            arguments: [id, use.at.seconds, use.source]
        )
    }

    static func readUses(from database: Database) throws -> [String: KeyUse] {
        let rows = try Row.fetchAll(database, sql: "SELECT key, at, source FROM keyUse")
        let uses = try rows.map { row -> (String, KeyUse) in
            let at = UnixTime(seconds: try row.value(1))
            return (try row.value(0), KeyUse(at: at, source: try row.value(2)))
        }
        return Dictionary(uses) { _, last in last }
    }
}
