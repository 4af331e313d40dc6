/// All databases and tables, by name. Names are found in any case.
struct Catalog: Sendable {
    private var tables: [Table]
    private let loads: LoadJournal

    /// The built-in data: TPC-H's two smallest tables, generated events, and the stream loads.
    init(loads: LoadJournal) {
        tables = [SampleData.region, SampleData.nation, SampleData.events]
        self.loads = loads
    }

    /// In alphabetical order.
    var databaseNames: [String] {
        Set(tables.map(\.database) + [LoadJournal.database]).sorted()
    }

    func hasDatabase(_ name: String) -> Bool {
        databaseNames.contains { $0.lowercased() == name.lowercased() }
    }

    /// In alphabetical order.
    func tables(of database: String) -> [Table] {
        (tables + [loads.table])
            .filter { $0.database.lowercased() == database.lowercased() }
            .sorted { $0.name < $1.name }
    }

    func table(_ name: String, in database: String) -> Table? {
        tables(of: database).first { $0.name.lowercased() == name.lowercased() }
    }
}
