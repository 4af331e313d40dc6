import Text

/// How to connect to a warehouse, ready to paste: for the `mysql` client, JDBC, HTTP and Doris'
/// stream load.
///
/// ```swift
/// let examples = ConnectionExamples(host: "127.0.0.1", user: "demo", database: "tpch")
/// print(examples.mysqlCommand(port: 9030))    // mysql -h 127.0.0.1 -P 9030 -u demo tpch
/// ```
///
/// The examples contain no password: the client asks for it, or the user adds it.
package struct ConnectionExamples: Hashable, Sendable {
    /// A host name or an address, IPv6 without brackets.
    package var host: String
    /// The user that logs in.
    package var user: String
    /// The default database; `nil` for none.
    package var database: String?

    /// The examples for these three.
    package init(host: String, user: String, database: String? = nil) {
        self.host = host
        self.user = user
        self.database = database
    }

    /// For a POSIX shell.
    package func mysqlCommand(port: UInt16) -> String {
        Self.command(
            ["mysql", "-h", host, "-P", String(port), "-u", user] + Self.words(of: database)
        )
    }

    /// A database whose name starts with a dash must not be taken for an option.
    static func words(of database: String?) -> [String] {
        guard let database else { return [] }
        return database.hasPrefix("-") ? ["--database=\(database)"] : [database]
    }

    static func command(_ words: [String]) -> String {
        words.map(\.shellQuoted).joined(separator: " ")
    }

    /// For MySQL Connector/J.
    package func jdbcURL(port: UInt16) -> String {
        let path = (database ?? "").percentEncoded
        return "jdbc:mysql://\(Self.authority(host, port))/\(path)?user=\(user.percentEncoded)"
    }

    /// The warehouse's own pages.
    package func httpURL(port: UInt16) -> String {
        "http://\(Self.authority(host, port))/"
    }

    /// For a POSIX shell: loads `file` into `table` of the database (Doris, "Stream Load").
    ///
    /// The frontend answers 307 before it reads the body, hence `Expect`; and curl must log in to
    /// the backend too, hence `--location-trusted`.
    package func streamLoadCommand(port: UInt16, table: String, file: String) -> String {
        let path = "api/\((database ?? "").percentEncoded)/\(table.percentEncoded)/_stream_load"
        let words = [
            "curl", "--location-trusted", "-u", "\(user):", "-H", "Expect:100-continue", "-T",
            file, httpURL(port: port) + path,
        ]
        return Self.command(words)
    }

    static func authority(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
