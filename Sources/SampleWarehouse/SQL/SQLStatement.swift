/// What the sample warehouse can be asked.
enum SQLStatement: Hashable, Sendable {
    case select(Select)
    case show(Show)
    case use(database: String)
    /// Taken and without effect: SET, BEGIN, COMMIT, ROLLBACK.
    case acknowledge
}

/// A table as written: the database is the session's where none is named.
struct TableName: Hashable, Sendable {
    var database: String?
    var table: String
}

/// `SELECT items FROM source WHERE conditions ORDER BY order LIMIT offset, limit`.
struct Select: Hashable, Sendable {
    var items: [SelectItem]
    var source: TableName?
    /// All must hold.
    var conditions: [Condition] = []
    /// The first decides; the next where it leaves two rows equal.
    var order: [OrderKey] = []
    var limit = Int.max
    var offset = 0
}

enum SelectItem: Hashable, Sendable {
    case allColumns
    /// The name is the alias, or the expression as written.
    case expression(Expression, name: String)
}

enum Expression: Hashable, Sendable {
    case literal(SQLValue)
    case column(String)
    case variable(String, isSystem: Bool)
    /// Without arguments; the name in lower case.
    case function(String)
    case countOfRows
}

/// A column against a literal.
struct Condition: Hashable, Sendable {
    enum Comparison: String, Hashable, Sendable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isNull, isNotNull
    }

    var column: String
    var comparison: Comparison
    var value: SQLValue
}

struct OrderKey: Hashable, Sendable {
    var column: String
    var isDescending: Bool
}

/// The SHOW statements; `like` is a LIKE pattern.
enum Show: Hashable, Sendable {
    case databases(like: String?)
    case tables(database: String?, like: String?)
    case columns(TableName)
    case createTable(TableName)
    case variables(like: String?)
    case status(like: String?)
    case processList
    case warnings
}
