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
