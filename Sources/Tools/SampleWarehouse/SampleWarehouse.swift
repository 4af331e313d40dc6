import Hummingbird
package import Logging

/// A small warehouse of sample data, for trying a gateway: MySQL's protocol and dialect in front of
/// an SQLite database in memory, and Doris' health and stream-load URLs over HTTP.
///
/// ```swift
/// try await SampleWarehouse(logger: logger).run { ports in
///     print("mysql -h 127.0.0.1 -P \(ports.mysql) -u demo")
/// }
/// ```
///
/// It listens on 127.0.0.1 only, has one user without a password, and is read-only.
package struct SampleWarehouse: Sendable {
    /// Where the warehouse listens on 127.0.0.1.
    package struct Ports: Sendable {
        /// Speaks the MySQL protocol.
        package var mysql: Int
        /// Speaks HTTP.
        package var http: Int
    }

    /// MySQL sessions at the same time.
    static let connectionLimit = 512

    private let mysql: MySQLServer.Settings
    private let httpPort: Int
    private let logger: Logger

    /// - Parameters:
    ///   - mysqlPort: 0 for any free one.
    ///   - httpPort: 0 for any free one.
    ///   - expectsProxyHeader: whether each MySQL connection must begin with a PROXY header, whose
    ///     client address is then trusted, and shown by `USER()`.
    package init(
        mysqlPort: Int = 0,
        httpPort: Int = 0,
        expectsProxyHeader: Bool = false,
        logger: Logger
    ) {
        mysql = MySQLServer.Settings(
            port: mysqlPort,
            expectsProxyHeader: expectsProxyHeader,
            connectionLimit: Self.connectionLimit
        )
        self.httpPort = httpPort
        self.logger = logger
    }

    /// Serves while `body` runs, which is called as soon as both ports listen.
    package func run<Result: Sendable>(
        _ body: (Ports) async throws -> Result
    ) async throws -> Result {
        let database = try SampleDatabase()
        let mysql = try await MySQLServer.bind(mysql, database: database, logger: logger)
        let (httpPorts, httpStart) = AsyncThrowingStream.makeStream(of: Int.self)
        let routes = WarehouseRoutes(database: database)
        return try await withThrowingTaskGroup { group in
            defer { group.cancelAll() }
            group.addTask { try await mysql.run() }
            group.addTask { await serve(routes, reportingTo: httpStart) }
            for try await httpPort in httpPorts {
                return try await body(Ports(mysql: mysql.port, http: httpPort))
            }
            throw CancellationError()
        }
    }

    /// Serves HTTP until the task is cancelled; reports the port, or the error.
    private func serve(
        _ routes: WarehouseRoutes,
        reportingTo start: AsyncThrowingStream<Int, any Error>.Continuation
    ) async {
        let application = Application(
            router: routes.router,
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: httpPort),
                serverName: "sluice-sample-warehouse"
            ),
            onServerRunning: { start.yield($0.localAddress?.port ?? 0) },
            logger: quietLogger
        )
        do {
            try await application.run()
            start.finish()
        } catch {
            start.finish(throwing: error)
        }
    }

    /// The HTTP library logs each start and each cancelled connection.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }
}
