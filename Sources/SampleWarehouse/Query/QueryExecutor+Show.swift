extension QueryExecutor {
    func rows(of show: Show) throws(SQLError) -> Table {
        switch show {
        case .databases(let like):
            names(catalog.databaseNames, column: "Database", like: like)
        case .tables(let database, let like):
            try tables(of: database, like: like)
        case .columns(let name):
            columns(of: try table(name))
        case .createTable(let name):
            definition(of: try table(name))
        case .variables(let like):
            pairs(SystemVariables.all.mapValues { $0.text ?? "" }, like: like)
        case .status(let like):
            pairs(["Threads_connected": String(sessions.count)], like: like)
        case .processList:
            processList
        case .warnings:
            Table(columns: [.text("Level"), .integer("Code"), .text("Message")], rows: [])
        }
    }

    private func tables(of database: String?, like: String?) throws(SQLError) -> Table {
        guard let database = database ?? session.database else { throw .noDatabaseSelected }
        let tables = catalog.tables(of: try existing(database)).map(\.name)
        return names(tables, column: "Tables_in_\(database)", like: like)
    }

    private func names(_ names: [String], column: String, like: String?) -> Table {
        let pattern = LikePattern(like ?? "%")
        return Table(
            columns: [.text(column)],
            rows: names.filter(pattern.matches).map { [.text($0)] }
        )
    }

    private func pairs(_ pairs: [String: String], like: String?) -> Table {
        let pattern = LikePattern(like ?? "%")
        return Table(
            columns: [.text("Variable_name"), .text("Value")],
            rows: pairs.filter { pattern.matches($0.key) }.sorted { $0.key < $1.key }
                .map { [.text($0.key), .text($0.value)] }
        )
    }

    private func columns(of table: Table) -> Table {
        let headings = ["Field", "Type", "Null", "Key", "Default", "Extra"]
        return Table(
            columns: headings.map(Column.text),
            rows: table.columns.map {
                [.text($0.name), .text($0.typeName), .text("NO"), .text(""), .null, .text("")]
            }
        )
    }

    private func definition(of table: Table) -> Table {
        let columns = table.columns.map { "  `\($0.name)` \($0.typeName) NOT NULL" }
        let statement = "CREATE TABLE `\(table.name)` (\n\(columns.joined(separator: ",\n"))\n)"
        return Table(
            columns: [.text("Table"), .text("Create Table")],
            rows: [[.text(table.name), .text(statement)]]
        )
    }

    private var processList: Table {
        Table(
            columns: [
                .integer("Id"), .text("User"), .text("Host"), .text("db"), .text("Command"),
            ],
            rows: sessions.map {
                [
                    .integer(Int64($0.connectionID)), .text($0.user), .text($0.host),
                    $0.database.map(SQLValue.text) ?? .null,
                    .text($0.connectionID == session.connectionID ? "Query" : "Sleep"),
                ]
            }
        )
    }
}
