extension QueryExecutor {
    func rows(of select: Select) throws(SQLError) -> Table {
        guard let source = select.source else { return try answerWithoutTable(select) }
        let table = try table(source)
        var rows = try filtered(table, by: select.conditions)
        if select.items.contains(where: \.isCount) {
            return try counted(select, table, rowCount: rows.count)
        }
        rows = try sorted(rows, of: table, by: select.order)
        let page = rows.dropFirst(select.offset).prefix(select.limit)
        return try projected(Array(page), of: table, to: select.items)
    }

    // MARK: Without a table

    private func answerWithoutTable(_ select: Select) throws(SQLError) -> Table {
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
    private func value(of expression: Expression) throws(SQLError) -> SQLValue {
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

    // MARK: With a table

    private func filtered(
        _ table: Table,
        by conditions: [Condition]
    ) throws(SQLError) -> [[SQLValue]] {
        var rows = table.rows
        for condition in conditions {
            let column = try index(of: condition.column, in: table)
            rows = rows.filter { condition.holds(for: $0[column]) }
        }
        return rows
    }

    /// A stable sort; NULL comes first, as in MySQL.
    private func sorted(
        _ rows: [[SQLValue]],
        of table: Table,
        by order: [OrderKey]
    ) throws(SQLError) -> [[SQLValue]] {
        var rows = rows
        for key in order.reversed() {
            let column = try index(of: key.column, in: table)
            rows.sort { a, b in
                let (first, second) = key.isDescending ? (b, a) : (a, b)
                return first[column].sortsBefore(second[column])
            }
        }
        return rows
    }

    private func projected(
        _ rows: [[SQLValue]],
        of table: Table,
        to items: [SelectItem]
    ) throws(SQLError) -> Table {
        var answer = Table(database: table.database, name: table.name, columns: [], rows: [])
        var sources: [FieldSource] = []
        for item in items {
            switch item {
            case .allColumns:
                answer.columns += table.columns
                sources += table.columns.indices.map(FieldSource.column)
            case .expression(.column(let column), let name):
                let index = try index(of: column, in: table)
                answer.columns.append(Column(name: name, kind: table.columns[index].kind))
                sources.append(.column(index))
            case .expression(let expression, let name):
                let value = try value(of: expression)
                answer.columns.append(value.column(named: name))
                sources.append(.value(value))
            }
        }
        answer.rows = rows.map { row in sources.map { $0.value(in: row) } }
        return answer
    }

    private func counted(
        _ select: Select,
        _ table: Table,
        rowCount: Int
    ) throws(SQLError) -> Table {
        var select = select
        select.items = select.items.map { $0.counting(rowCount) }
        return try answerWithoutTable(select)
    }

    private func index(of column: String, in table: Table) throws(SQLError) -> Int {
        guard let index = table.index(of: column) else { throw .unknownColumn(column) }
        return index
    }
}

/// Where a field of an answer comes from.
private enum FieldSource {
    case column(Int)
    case value(SQLValue)

    func value(in row: [SQLValue]) -> SQLValue {
        switch self {
        case .column(let index): row[index]
        case .value(let value): value
        }
    }
}

extension SelectItem {
    fileprivate var isCount: Bool {
        if case .expression(.countOfRows, _) = self { true } else { false }
    }

    /// The same item with the count in place of `COUNT(*)`.
    fileprivate func counting(_ rowCount: Int) -> SelectItem {
        guard case .expression(.countOfRows, let name) = self else { return self }
        return .expression(.literal(.integer(Int64(rowCount))), name: name)
    }
}

extension SQLValue {
    fileprivate func column(named name: String) -> Column {
        if case .integer = self { .integer(name) } else { .text(name) }
    }

    fileprivate func sortsBefore(_ other: SQLValue) -> Bool {
        if self == .null || other == .null { return self == .null && other != .null }
        return order(to: other) == .before
    }
}

extension Condition {
    /// Whether `field` meets the condition. NULL meets only `IS NULL`.
    fileprivate func holds(for field: SQLValue) -> Bool {
        switch (comparison, field.order(to: value)) {
        case (.isNull, _): field == .null
        case (.isNotNull, _): field != .null
        case (_, nil): false
        case (.equal, let order): order == .same
        case (.notEqual, let order): order != .same
        case (.less, let order): order == .before
        case (.lessOrEqual, let order): order != .after
        case (.greater, let order): order == .after
        case (.greaterOrEqual, let order): order != .before
        }
    }
}
