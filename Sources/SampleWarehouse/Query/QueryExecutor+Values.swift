extension QueryExecutor {
    /// One row of values that need no table.
    func answerWithoutTable(_ select: Select) throws(SQLError) -> Table {
        var answer = Table(columns: [], rows: [])
        var row: [SQLValue] = []
        for item in select.items {
            guard case .expression(let expression, let name) = item else {
                throw .syntax(near: "*")
            }
            let value = try value(of: expression)
            answer.columns.append(value.column(named: name))
            row.append(value)
        }
        if select.limit > 0, select.offset == 0 { answer.rows = [row] }
        return answer
    }

    /// The value of an expression that needs no row.
    func value(of expression: Expression) throws(SQLError) -> SQLValue {
        switch expression {
        case .literal(let value): value
        case .variable(let name, isSystem: true): try SystemVariables.value(of: name)
        case .variable(_, isSystem: false): .null
        case .function(let name): try value(ofFunction: name)
        case .countOfRows: .integer(1)
        case .column(let name): throw .unknownColumn(name)
        }
    }

    private func value(ofFunction name: String) throws(SQLError) -> SQLValue {
        switch name {
        case "version": .text(SystemVariables.version)
        case "user", "session_user", "system_user": .text("\(session.user)@\(session.host)")
        case "current_user": .text("\(session.user)@%")
        case "database", "schema": session.database.map(SQLValue.text) ?? .null
        case "connection_id": .integer(Int64(session.connectionID))
        case "now", "current_timestamp", "sysdate", "utc_timestamp": .text(session.now.sqlText)
        case "last_insert_id", "row_count", "found_rows": .integer(0)
        default: throw .unknownFunction(name)
        }
    }
}

extension SQLValue {
    /// A column of the kind that holds this value.
    func column(named name: String) -> Column {
        if case .integer = self { .integer(name) } else { .text(name) }
    }
}
