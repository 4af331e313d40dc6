import GRDB

/// A table of values that are read and written whole, as JSON: an id, the document, the checksum.
struct DocumentTable<Value: Codable> {
    let name: String

    func write(_ value: Value, id: String, to database: Database) throws {
        let document = try PolicyRows.json(value)
        let checksum = RowChecksum.of(name, [.text(id), .text(document)])
        try database.execute(
            sql: """
                INSERT INTO \(name) (id, document, checksum) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET document = excluded.document, checksum = excluded.checksum
                """,
            arguments: [id, document, checksum]
        )
    }

    func remove(_ id: String, from database: Database) throws {
        try database.execute(sql: "DELETE FROM \(name) WHERE id = ?", arguments: [id])
    }

    func readAll(from database: Database) throws -> [Value] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT id, document, checksum FROM \(name) ORDER BY id"
        )
        return try rows.map { row in
            try PolicyRows.decode(row.value(1), row.value(2), of: name, id: row.value(0))
        }
    }
}

extension DocumentTable where Value == APIKey {
    static var keys: Self { Self(name: "apiKey") }
}

extension DocumentTable where Value == Account {
    static var accounts: Self { Self(name: "account") }
}

extension DocumentTable where Value == Webhook {
    static var webhooks: Self { Self(name: "webhook") }
}

extension DocumentTable where Value == LoginSession {
    static var sessions: Self { Self(name: "session") }
}
