extension SQLParser {
    /// What follows SHOW.
    mutating func show() throws(SQLError) -> Show {
        for scope in ["full", "session", "global"] { _ = take(scope) }
        let subject = try word().lowercased()
        switch subject {
        case "databases", "schemas": return .databases(like: try like())
        case "tables": return .tables(database: try database(), like: try like())
        case "columns", "fields": return .columns(try shownTable())
        case "create":
            try require("table")
            return .createTable(try tableName())
        case "variables": return .variables(like: try variablePattern())
        case "status": return .status(like: try variablePattern())
        case "processlist": return .processList
        case "warnings", "errors": return .warnings
        default: throw .syntax(near: "SHOW \(subject)")
        }
    }

    private mutating func like() throws(SQLError) -> String? {
        take("like") ? try text() : nil
    }

    /// `LIKE 'x'` or `WHERE Variable_name = 'x'`, as drivers write it; both say which to show.
    private mutating func variablePattern() throws(SQLError) -> String? {
        guard take("where") else { return try like() }
        guard try name().lowercased() == "variable_name" else { throw syntaxError }
        if !take(sign: "=") { try require("like") }
        return try text()
    }

    private mutating func database() throws(SQLError) -> String? {
        take("from") || take("in") ? try name() : nil
    }

    /// `FROM table FROM database` or `FROM database.table`.
    private mutating func shownTable() throws(SQLError) -> TableName {
        guard take("from") || take("in") else { throw syntaxError }
        var table = try tableName()
        if let database = try database() { table.database = database }
        return table
    }
}
