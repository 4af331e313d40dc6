extension SQLParser {
    /// What follows SELECT.
    mutating func select() throws(SQLError) -> Select {
        var select = Select(items: try items())
        if take("from") {
            select.source = try tableName()
            if take("where") { select.conditions = try conditions() }
            if take("order") { select.order = try order() }
        }
        if take("limit") { try limit(&select) }
        return select
    }

    private mutating func items() throws(SQLError) -> [SelectItem] {
        var items: [SelectItem] = []
        repeat { items.append(try item()) } while take(sign: ",")
        return items
    }

    private mutating func item() throws(SQLError) -> SelectItem {
        guard let start = next else { throw syntaxError }
        if take(sign: "*") { return .allColumns }
        let expression = try expression()
        let written = source(from: start)
        return .expression(expression, name: try alias() ?? written)
    }

    /// `AS name`, `AS 'name'`, or a bare name that begins no clause.
    private mutating func alias() throws(SQLError) -> String? {
        if take("as") {
            if case .text? = next?.kind { return try text() }
            return try name()
        }
        guard case .word(let word)? = next?.kind else { return nil }
        return ["from", "limit"].contains(word.lowercased()) ? nil : try name()
    }

    private mutating func expression() throws(SQLError) -> Expression {
        if case .variable(let name, let isSystem)? = next?.kind {
            _ = advance()
            return .variable(name, isSystem: isSystem)
        }
        if case .word(let word)? = next?.kind, isFollowed(bySign: "(") {
            return try function(named: word.lowercased())
        }
        if let function = bareFunction() { return function }
        if let value = try literal() { return .literal(value) }
        return .column(try columnName())
    }

    private mutating func function(named name: String) throws(SQLError) -> Expression {
        _ = advance()
        try require(sign: "(")
        if name == "count" {
            guard take(sign: "*") || take(number: 1) else { throw syntaxError }
            try require(sign: ")")
            return .countOfRows
        }
        guard take(sign: ")") else { throw .unknownFunction("\(name)(…)") }
        return .function(name)
    }

    /// The functions that need no parentheses.
    private mutating func bareFunction() -> Expression? {
        for name in ["current_user", "current_timestamp"] where take(name) {
            return .function(name)
        }
        return nil
    }

    private mutating func take(number: Int64) -> Bool {
        guard next?.kind == .number(number) else { return false }
        return advance() != nil
    }

    /// `column`, `table.column` or `database.table.column`: there is only one table.
    private mutating func columnName() throws(SQLError) -> String {
        var column = try name()
        while take(sign: ".") { column = try name() }
        return column
    }

    /// A number, a text or NULL; `nil` where something else comes.
    private mutating func literal() throws(SQLError) -> SQLValue? {
        if take(sign: "-") { return .integer(-Int64(try count())) }
        switch next?.kind {
        case .number(let number)?:
            _ = advance()
            return .integer(number)
        case .text(let text)?:
            _ = advance()
            return .text(text)
        default:
            return take("null") ? .null : nil
        }
    }
}

// MARK: The clauses

extension SQLParser {
    private mutating func conditions() throws(SQLError) -> [Condition] {
        var conditions: [Condition] = []
        repeat { conditions.append(try condition()) } while take("and")
        return conditions
    }

    private mutating func condition() throws(SQLError) -> Condition {
        let column = try columnName()
        if take("is") {
            let comparison = take("not") ? Condition.Comparison.isNotNull : .isNull
            try require("null")
            return Condition(column: column, comparison: comparison, value: .null)
        }
        let comparison = try comparison()
        guard let value = try literal() else { throw syntaxError }
        return Condition(column: column, comparison: comparison, value: value)
    }

    private mutating func comparison() throws(SQLError) -> Condition.Comparison {
        guard case .sign(let sign)? = next?.kind,
            let comparison = Condition.Comparison(rawValue: sign == "!=" ? "<>" : sign)
        else { throw syntaxError }
        _ = advance()
        return comparison
    }

    private mutating func order() throws(SQLError) -> [OrderKey] {
        try require("by")
        var keys: [OrderKey] = []
        repeat {
            let column = try columnName()
            let isDescending = take("desc")
            if !isDescending { _ = take("asc") }
            keys.append(OrderKey(column: column, isDescending: isDescending))
        } while take(sign: ",")
        return keys
    }

    /// `LIMIT n`, `LIMIT n OFFSET m` or `LIMIT m, n`.
    private mutating func limit(_ select: inout Select) throws(SQLError) {
        select.limit = try count()
        if take("offset") {
            select.offset = try count()
        } else if take(sign: ",") {
            select.offset = select.limit
            select.limit = try count()
        }
    }
}
