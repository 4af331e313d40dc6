/// Answers one statement from the catalog and the session's facts.
struct QueryExecutor {
    /// What a statement came to.
    enum Outcome: Equatable {
        case table(Table)
        case acknowledged
        case databaseChanged(String)
    }

    let catalog: Catalog
    let session: SessionFacts
    /// All sessions, for SHOW PROCESSLIST.
    let sessions: [SessionFacts]

    func execute(_ statement: SQLStatement) throws(SQLError) -> Outcome {
        switch statement {
        case .select(let select): .table(try rows(of: select))
        case .show(let show): .table(try rows(of: show))
        case .use(let database): .databaseChanged(try existing(database))
        case .acknowledge: .acknowledged
        }
    }

    /// The table that `name` means in this session.
    func table(_ name: TableName) throws(SQLError) -> Table {
        guard let database = name.database ?? session.database else { throw .noDatabaseSelected }
        guard let table = catalog.table(name.table, in: try existing(database)) else {
            throw .unknownTable(name.table, database: database)
        }
        return table
    }

    /// `database`, if there is one of that name.
    func existing(_ database: String) throws(SQLError) -> String {
        guard catalog.hasDatabase(database) else { throw .unknownDatabase(database) }
        return database
    }
}
