/// A column's name and what its fields hold.
struct Column: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case integer, text, dateTime }

    var name: String
    var kind: Kind

    /// As `SHOW COLUMNS` writes it.
    var typeName: String {
        switch kind {
        case .integer: "bigint"
        case .text: "varchar(255)"
        case .dateTime: "datetime"
        }
    }

    static func integer(_ name: String) -> Column { Column(name: name, kind: .integer) }
    static func text(_ name: String) -> Column { Column(name: name, kind: .text) }
    static func dateTime(_ name: String) -> Column { Column(name: name, kind: .dateTime) }
}

/// Columns and rows; each row has as many fields as there are columns.
///
/// A table of the catalog and the answer to a query are both of this form.
struct Table: Hashable, Sendable {
    /// The database's name; empty for a query's answer.
    var database = ""
    var name = ""
    var columns: [Column]
    var rows: [[SQLValue]]

    /// Where the column `name`, in any case, stands.
    func index(of name: String) -> Int? {
        columns.firstIndex { $0.name.lowercased() == name.lowercased() }
    }
}
