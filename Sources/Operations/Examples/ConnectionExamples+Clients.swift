package import Policy
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

/// A client for which there is no example.
package struct UnavailableClient: Hashable, Sendable, Codable {
    package var client: String
    package var title: String
    package var reason: String
}

/// The examples of one warehouse.
package struct ConnectionExampleList: Hashable, Sendable {
    package var examples: [ConnectionExample] = []
    /// Clients to which its listeners leave no way.
    package var unavailable: [UnavailableClient] = []
}

extension ConnectionExamples {
    private static let nameLimit = 128

    /// Whether a user or a database may have this name: one that could steer a terminal may not.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= nameLimit
            && text.unicodeScalars.allSatisfy(\.isHarmless)
    }

    /// One for each client that can use one of the services.
    ///
    /// - Parameters:
    ///   - doors: the listeners of each service. A client uses the first one that leaves it a way.
    ///   - isFixed: whether the host is the only way there: of a private endpoint.
    package func all(
        _ doors: [ServiceProtocol: [ExampleDoor]],
        warehouse: String,
        isFixed: Bool = false
    ) -> ConnectionExampleList {
        var list = ConnectionExampleList()
        for client in Self.clients {
            let doors = doors[client.service] ?? []
            guard let first = doors.first else { continue }
            // Basic authentication's user ends at a colon (RFC 7617 §2).
            if client.id == "stream-load", user.contains(":") { continue }
            let entrances = doors.lazy.compactMap {
                client.entrance(by: $0, for: self, isFixed: isFixed)
            }
            if let entrance = entrances.first {
                list.examples.append(client.example(entrance, warehouse: warehouse))
            } else {
                let reason = client.obstacle(at: first, for: self)
                list.unavailable.append(
                    UnavailableClient(client: client.id, title: client.title, reason: reason)
                )
            }
        }
        return list
    }

    private static let clients = [
        ExampleClient(
            id: "mysql",
            title: "MySQL command line",
            service: .mysql,
            canNameServer: true
        ),
        ExampleClient(id: "mariadb", title: "MariaDB command line", service: .mysql),
        ExampleClient(
            id: "jdbc",
            title: "JDBC (MySQL Connector/J)",
            service: .mysql,
            sendsHost: .namesWithDot,
            canSetAttribute: true
        ),
        ExampleClient(
            id: "dbeaver",
            title: "DBeaver and other database tools",
            service: .mysql,
            sendsHost: .namesWithDot,
            canSetAttribute: true
        ),
        ExampleClient(id: "url", title: "URL", service: .mysql, sendsHost: .names),
        ExampleClient(
            id: "pymysql",
            title: "Python (PyMySQL)",
            service: .mysql,
            sendsHost: .names
        ),
        ExampleClient(
            id: "mysql-connector",
            title: "Python (mysql-connector-python)",
            service: .mysql,
            sendsHost: .names,
            canSetAttribute: true
        ),
        ExampleClient(
            id: "go",
            title: "Go (go-sql-driver/mysql)",
            service: .mysql,
            sendsHost: .names,
            canNameServer: true,
            canSetAttribute: true,
            canIgnoreName: false
        ),
        ExampleClient(
            id: "node",
            title: "Node.js (mysql2)",
            service: .mysql,
            sendsHost: .names,
            canSetAttribute: true
        ),
        ExampleClient(
            id: "http",
            title: "HTTP",
            service: .http,
            sendsHost: .names,
            canIgnoreName: false
        ),
        ExampleClient(
            id: "stream-load",
            title: "Stream load (curl)",
            service: .http,
            sendsHost: .names,
            canIgnoreName: false,
            canConnectElsewhere: true
        ),
        ExampleClient(
            id: "webui",
            title: "WebUI login",
            service: .http,
            sendsHost: .names,
            canIgnoreName: false
        ),
        ExampleClient(
            id: "adbc",
            title: "ADBC (Arrow Flight SQL)",
            service: .tcp,
            hasTLS: false
        ),
    ]
}

extension ExampleClient {
    /// Between the lines of a command.
    private static let newLine = " \\\n    "

    fileprivate func example(_ entrance: Entrance, warehouse: String) -> ConnectionExample {
        let (text, copyText): (String, String?) =
            switch id {
            case "mysql": (entrance.mysqlCommand(Self.newLine), entrance.mysqlCommand(" "))
            case "mariadb": (entrance.mariadbCommand(Self.newLine), entrance.mariadbCommand(" "))
            case "jdbc": (entrance.jdbc(hasUser: true), entrance.jdbcURL(hasUser: true))
            case "dbeaver": (entrance.databaseTool, entrance.jdbcURL(hasUser: false))
            case "url": (entrance.mysqlURL, nil)
            case "pymysql": (entrance.pymysql, nil)
            case "mysql-connector": (entrance.mysqlConnector, nil)
            case "go": (entrance.go, nil)
            case "node": (entrance.node, nil)
            case "stream-load": (entrance.streamLoad(Self.newLine), entrance.streamLoad(" "))
            case "webui": ("\(entrance.httpURL)/login?id=\(warehouse.percentEncoded)", nil)
            case "adbc": (entrance.adbc, nil)
            default: (entrance.httpURL, nil)
            }
        return ConnectionExample(client: id, title: title, text: text, copyText: copyText)
    }
}
