import FoundationEssentials
import GRDB
import GRDBSQLite

/// Where a table is: its database and its name.
struct TableName: Hashable, Sendable {
    var database: String
    var table: String
}

/// The answer to a query; each row has as many fields as there are columns.
struct ResultSet: Equatable, Sendable {
    enum ColumnType: Equatable, Sendable {
        case integer, double, dateTime, text, binary

        /// As MySQL writes it in a table's definition.
        var declaration: String {
            switch self {
            case .integer: "bigint"
            case .double: "double"
            case .dateTime: "datetime"
            case .text: "varchar(255)"
            case .binary: "blob"
            }
        }
    }

    struct Column: Equatable, Sendable {
        /// The table that the column was read from, if it was read from one.
        var table: TableName?
        var name: String
        var type: ColumnType
    }

    var columns: [Column]
    var rows: [[DatabaseValue]] = []
}

extension ResultSet {
    /// Runs `statement` to its end.
    ///
    /// - Parameter byteLimit: what the fields may take together, with ``fieldOverhead`` for each.
    init(running statement: Statement, byteLimit: Int) throws {
        let names = statement.columnNames
        columns = []
        var byteCount = 0
        let cursor = try Row.fetchCursor(statement)
        while let row = try cursor.next() {
            let fields = Array(row.databaseValues)
            byteCount += fields.reduce(0) { $0 + $1.byteCount + Self.fieldOverhead }
            guard byteCount <= byteLimit else { throw SQLError.answerTooLong(limit: byteLimit) }
            rows.append(fields)
        }
        columns = names.enumerated().map { index, name in
            let origin = ColumnOrigin(of: CInt(index), in: statement)
            return Column(
                table: origin.table,
                name: SQLiteQuery.originalName(name),
                type: origin.type ?? ColumnType(of: rows.lazy.map { $0[index] })
            )
        }
    }

    /// The approximate overhead of a field in addition to its text, in bytes.
    private static let fieldOverhead = 16
}

extension ResultSet.ColumnType {
    /// The type that holds all of `values`; text if there are none.
    init(of values: some Sequence<DatabaseValue>) {
        var type: Self?
        for value in values {
            switch value.storage {
            case .null: continue
            case .int64: type = type ?? .integer
            case .double: type = type == nil || type == .integer ? .double : type
            case .string: type = type == .binary ? .binary : .text
            case .blob: type = .binary
            }
        }
        self = type ?? .text
    }

    /// The type that a table's definition declares.
    fileprivate init?(declaration: String) {
        let known: [Self] = [.integer, .double, .dateTime, .text, .binary]
        guard let type = known.first(where: { $0.declaration == declaration }) else { return nil }
        self = type
    }
}

/// Where a column of a prepared statement comes from; nothing for an expression.
private struct ColumnOrigin {
    var table: TableName?
    var type: ResultSet.ColumnType?

    init(of index: CInt, in statement: Statement) {
        let prepared = unsafe statement.sqliteStatement
        let database = unsafe Self.text(sqlite3_column_database_name(prepared, index))
        let name = unsafe Self.text(sqlite3_column_table_name(prepared, index))
        if let database, let name { table = TableName(database: database, table: name) }
        type = unsafe Self.text(sqlite3_column_decltype(prepared, index))
            .flatMap(ResultSet.ColumnType.init(declaration:))
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        unsafe pointer.map { unsafe String(cString: $0) }
    }
}

extension DatabaseValue {
    /// As the text protocol sends it; `nil` for NULL.
    var mysqlText: [UInt8]? {
        switch storage {
        case .null: nil
        case .int64(let number): Array("\(number)".utf8)
        case .double(let number): Array(Self.mysqlText(number).utf8)
        case .string(let text): Array(text.utf8)
        case .blob(let bytes): Array(bytes)
        }
    }

    /// MySQL writes `12` for 12.0.
    private static func mysqlText(_ number: Double) -> String {
        let whole = number.magnitude < 1e15 ? Int64(exactly: number) : nil
        return whole.map { "\($0)" } ?? "\(number)"
    }

    fileprivate var byteCount: Int {
        switch storage {
        case .null: 1
        case .int64, .double: 8
        case .string(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        }
    }
}
