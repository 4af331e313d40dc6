import CIDRTrie
import FoundationEssentials
import Hummingbird
import NIOCore

/// Stream load as Doris does it: the frontend sends the client on to a backend, which takes the
/// rows. Here both are this server, told apart by the path.
struct StreamLoadRoutes {
    /// The longest body that is taken, in bytes.
    static let bodyLimit = 256 << 20

    let catalog: Catalog
    let loads: LoadJournal

    func add(to router: Router<WarehouseRequestContext>) {
        router.put("/api/:database/:table/_stream_load", use: redirect)
        router.put("/backend/api/:database/:table/_stream_load", use: load)
    }

    /// The frontend's part: 307 to the backend's URL, before any byte of the body.
    ///
    /// The backend is reached by the address that the client used, so through the gateway again.
    /// The URL names the user, as Doris' does, and so shows why `Location` must not be logged.
    @Sendable
    private func redirect(
        _ request: Request,
        context: WarehouseRequestContext
    ) throws -> Response {
        try authorize(request)
        guard let host = request.head.authority else { throw HTTPError(.badRequest) }
        let location = "http://\(MySQLSession.user):@\(host)/backend\(request.uri.path)"
        return Response(
            status: .temporaryRedirect,
            headers: [.location: location, .connection: "close"]
        )
    }

    /// The backend's part: counts the rows and writes down the load.
    @Sendable
    private func load(
        _ request: Request,
        context: WarehouseRequestContext
    ) async throws -> StreamLoadAnswer {
        try authorize(request)
        let target = try target(context)
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await context.sendContinue()
        }
        let start = ContinuousClock.now
        let counter = try await count(request.body)
        let label = request.headers.first { $0.name.canonicalName == "label" }?.value
        let load = LoadJournal.Load(
            label: label ?? UUID().uuidString,
            database: target.database,
            table: target.table,
            rowCount: counter.rowCount,
            byteCount: counter.byteCount,
            finishedAt: .now
        )
        return StreamLoadAnswer(
            transaction: loads.append(load),
            label: load.label,
            status: "Success",
            message: "counted by the sample warehouse, not kept",
            totalRowCount: counter.rowCount,
            loadedRowCount: counter.rowCount,
            byteCount: counter.byteCount,
            milliseconds: Int((ContinuousClock.now - start) / .milliseconds(1))
        )
    }

    private func count(_ body: RequestBody) async throws -> RowCounter {
        var counter = RowCounter()
        for try await buffer in body {
            counter.count([UInt8](buffer: buffer))
            guard counter.byteCount <= Self.bodyLimit else { throw HTTPError(.contentTooLarge) }
        }
        return counter
    }

    private func target(
        _ context: WarehouseRequestContext
    ) throws -> (database: String, table: String) {
        let database = try context.parameters.require("database")
        let table = try context.parameters.require("table")
        guard catalog.table(table, in: database) != nil else {
            throw HTTPError(.notFound, message: "there is no table \(database).\(table)")
        }
        return (database, table)
    }

    /// Basic authentication as the one user, without a password.
    private func authorize(_ request: Request) throws {
        let credentials = Data("\(MySQLSession.user):".utf8).base64EncodedString()
        guard request.headers[.authorization] == "Basic \(credentials)" else {
            throw HTTPError(
                .unauthorized,
                headers: [.wwwAuthenticate: "Basic realm=\"sample warehouse\""],
                message: "log in as \(MySQLSession.user), without a password"
            )
        }
    }
}
