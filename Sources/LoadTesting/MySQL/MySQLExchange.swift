/// Queries that are asked of a MySQL server, and as whom.
package struct MySQLExchange: Hashable, Sendable {
    package var user: String
    package var password: Password
    /// What to use from the start; `nil` for none.
    package var database: String?
    /// One statement without parameters, sent as COM_QUERY.
    package var query: String
    /// How many queries a connection serves before it is closed; `nil` for all. With a number, the
    /// first query's latency counts from before the connect, the login included.
    package var queriesPerConnection: Int?
    /// Whether the password may be encrypted with a key that the server shows, whoever that is.
    package var trustsServerPublicKey: Bool

    package init(
        user: String,
        password: Password = Password(""),
        database: String? = nil,
        query: String = "SELECT 1",
        queriesPerConnection: Int? = nil,
        trustsServerPublicKey: Bool = false
    ) {
        self.user = user
        self.password = password
        self.database = database
        self.query = query
        self.queriesPerConnection = queriesPerConnection
        self.trustsServerPublicKey = trustsServerPublicKey
    }

    /// What makes it impossible, with a remedy; `nil` if all is well.
    package var fault: String? {
        if query.utf8.count >= 0xff_ffff - 1 { return "use a query of less than 16 MiB" }
        if query.isEmpty { return "use a query that is not empty" }
        if ([user, database ?? ""]).contains(where: { $0.utf8.contains(0) }) {
            return "names must not contain a zero byte"
        }
        return queriesPerConnection.map { $0 < 1 } == true ? "use at least one query" : nil
    }
}
