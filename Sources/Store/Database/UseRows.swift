import GRDB
import Time

/// When keys and sessions were used last: written now and then, so in tables of their own, and
/// without checksums.
struct UseTable {
    let name: String
    let column: String

    static let keys = UseTable(name: "keyUse", column: "key")
    static let sessions = UseTable(name: "sessionUse", column: "session")

    func write(_ use: LastUse, of id: String, to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO \(name) (\(column), at, source) VALUES (?, ?, ?)",
            arguments: [id, use.at.seconds, use.source]
        )
    }

    func readAll(from database: Database) throws -> [String: LastUse] {
        let rows = try Row.fetchAll(database, sql: "SELECT \(column), at, source FROM \(name)")
        let uses = try rows.map { row -> (String, LastUse) in
            let at = UnixTime(seconds: try row.value(1))
            return (try row.value(0), LastUse(at: at, source: try row.value(2)))
        }
        return Dictionary(uses) { _, last in last }
    }
}
