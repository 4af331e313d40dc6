import Text

/// How one client connects, ready to paste.
package struct ConnectionExample: Hashable, Sendable, Codable {
    /// Names the client to programs: `mysql`, `stream-load`.
    package var client: String
    package var title: String
    /// To be shown: long commands are on several lines.
    package var text: String
    /// To be pasted.
    package var copyText: String

    package init(client: String, title: String, text: String, copyText: String? = nil) {
        self.client = client
        self.title = title
        self.text = text
        self.copyText = copyText ?? text
    }
}

/// The ports at which a warehouse's services are reached; `nil` for a service that it does not have.
package struct ServicePorts: Hashable, Sendable {
    package var mysql: UInt16?
    package var http: UInt16?
    package var tcp: UInt16?

    package init(mysql: UInt16? = nil, http: UInt16? = nil, tcp: UInt16? = nil) {
        self.mysql = mysql
        self.http = http
        self.tcp = tcp
    }
}

extension ConnectionExamples {
    /// In programs, where the user puts the password. Commands ask for it.
    static let passwordPlaceholder = "YOUR_PASSWORD"
    private static let nameLimit = 128

    /// Whether a user or a database may have this name: one that could steer a terminal may not.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= nameLimit
            && text.unicodeScalars.allSatisfy(\.isHarmless)
    }

    /// One for each client that can use one of the services.
    package func all(_ ports: ServicePorts, warehouse: String) -> [ConnectionExample] {
        let sql = ports.mysql.map(sqlExamples) ?? []
        let http = ports.http.map { httpExamples($0, warehouse: warehouse) } ?? []
        return sql + http + (ports.tcp.map { [adbcExample($0)] } ?? [])
    }
}

// MARK: - SQL

extension ConnectionExamples {
    private func sqlExamples(_ port: UInt16) -> [ConnectionExample] {
        [
            commandLine("mysql", "MySQL command line", port),
            commandLine("mariadb", "MariaDB command line", port),
            ConnectionExample(
                client: "jdbc",
                title: "JDBC (MySQL Connector/J)",
                text: jdbcURL(port: port)
            ),
            ConnectionExample(
                client: "dbeaver",
                title: "DBeaver and other database tools",
                text: """
                    URL:  jdbc:mysql://\(authority(port))/\((database ?? "").percentEncoded)
                    User: \(user)
                    """,
                copyText: "jdbc:mysql://\(authority(port))/\((database ?? "").percentEncoded)"
            ),
            ConnectionExample(client: "url", title: "URL", text: mysqlURL(port)),
            pymysql(port), mysqlConnector(port), go(port), node(port),
        ]
    }

    private func commandLine(_ program: String, _ title: String, _ port: UInt16)
        -> ConnectionExample
    {
        let words = [program, "-h", host, "-P", String(port), "-u", user, "-p"]
        return ConnectionExample(
            client: program,
            title: title,
            text: command(words + databaseWords)
        )
    }

    private func mysqlURL(_ port: UInt16) -> String {
        "mysql://\(user.percentEncoded)@\(authority(port))/\((database ?? "").percentEncoded)"
    }

    private func pymysql(_ port: UInt16) -> ConnectionExample {
        ConnectionExample(
            client: "pymysql",
            title: "Python (PyMySQL)",
            text: python("import pymysql", "pymysql.connect", port)
        )
    }

    private func mysqlConnector(_ port: UInt16) -> ConnectionExample {
        ConnectionExample(
            client: "mysql-connector",
            title: "Python (mysql-connector-python)",
            text: python("import mysql.connector", "mysql.connector.connect", port)
        )
    }

    private func python(_ head: String, _ function: String, _ port: UInt16) -> String {
        """
        \(head)

        connection = \(function)(
            host=\(host.literal),
            port=\(port),
            user=\(user.literal),
            password=\(Self.passwordPlaceholder.literal),\(line("database=", ",", indent: 4))
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            print(cursor.fetchone())
        """
    }

    /// The fields of a structure: in a data source name, some users' names could not be written.
    private func go(_ port: UInt16) -> ConnectionExample {
        ConnectionExample(
            client: "go",
            title: "Go (go-sql-driver/mysql)",
            text: """
                config := mysql.NewConfig()
                config.Net = "tcp"
                config.Addr = \(authority(port).literal)
                config.User = \(user.literal)
                config.Passwd = \(Self.passwordPlaceholder.literal)\
                \(line("config.DBName = ", "", indent: 0))
                connector, err := mysql.NewConnector(config)
                if err != nil {
                    log.Fatal(err)
                }
                database := sql.OpenDB(connector)
                """
        )
    }

    private func node(_ port: UInt16) -> ConnectionExample {
        ConnectionExample(
            client: "node",
            title: "Node.js (mysql2)",
            text: """
                import mysql from "mysql2/promise";

                const connection = await mysql.createConnection({
                  host: \(host.literal),
                  port: \(port),
                  user: \(user.literal),
                  password: \(Self.passwordPlaceholder.literal),\(line("database: ", ",", indent: 2))
                });
                console.log(await connection.query("SELECT 1"));
                """
        )
    }

    /// A line with the database; nothing if there is none.
    private func line(_ start: String, _ end: String, indent: Int) -> String {
        guard let database else { return "" }
        return "\n" + String(repeating: " ", count: indent) + start + database.literal + end
    }
}

extension String {
    /// As a literal of Python, Go and JavaScript, which all read JSON's escapes.
    fileprivate var literal: String { LogText.jsonString(self) }
}

// MARK: - HTTP and ADBC

extension ConnectionExamples {
    private func httpExamples(_ port: UInt16, warehouse: String) -> [ConnectionExample] {
        let url = "http://\(authority(port))"
        let login = ConnectionExample(
            client: "webui",
            title: "WebUI login",
            text: "\(url)/login?id=\(warehouse.percentEncoded)"
        )
        let http = ConnectionExample(client: "http", title: "HTTP", text: url)
        return [http] + streamLoad(url) + [login]
    }

    /// None for a user whose name has a colon: in basic authentication it would end there
    /// (RFC 7617 §2).
    ///
    /// The frontend answers 307 before it reads the body, hence `Expect`; curl must log in to the
    /// backend too, hence `--location-trusted`. It asks for the password.
    private func streamLoad(_ url: String) -> [ConnectionExample] {
        guard !user.contains(":") else { return [] }
        let path = "api/\((database ?? "DATABASE").percentEncoded)/TABLE/_stream_load"
        let parts = [
            ["curl", "--location-trusted", "-u", user], ["-H", "Expect: 100-continue"],
            ["-H", "column_separator: ,"], ["-T", "data.csv"], ["\(url)/\(path)"],
        ].map(command)
        return [
            ConnectionExample(
                client: "stream-load",
                title: "Stream load (curl)",
                text: parts.joined(separator: " \\\n    "),
                copyText: parts.joined(separator: " ")
            )
        ]
    }

    /// Arrow Flight SQL, which the gateway forwards as plain TCP.
    private func adbcExample(_ port: UInt16) -> ConnectionExample {
        ConnectionExample(
            client: "adbc",
            title: "ADBC (Arrow Flight SQL)",
            text: """
                import adbc_driver_flightsql.dbapi as flight_sql
                from adbc_driver_manager import DatabaseOptions

                connection = flight_sql.connect(
                    uri=\("grpc://\(authority(port))".literal),
                    db_kwargs={
                        DatabaseOptions.USERNAME.value: \(user.literal),
                        DatabaseOptions.PASSWORD.value: \(Self.passwordPlaceholder.literal),
                    },
                )
                """
        )
    }
}
