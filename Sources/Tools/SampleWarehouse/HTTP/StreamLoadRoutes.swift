import FoundationEssentials
import Hummingbird
import NIOCore

/// Stream load as Doris does it: the frontend redirects the client to a backend, which takes the
/// rows. Here both are this server, told apart by the path.
struct StreamLoadRoutes {
    /// The longest body that is accepted, in bytes.
    static let bodyLimit = 256 << 20

    let database: SampleDatabase

    func add(to router: Router<WarehouseRequestContext>) {
        router.put("/api/:database/:table/_stream_load", use: redirect)
        router.put("/backend/api/:database/:table/_stream_load", use: load)
    }

    /// The frontend's part: 307 to the backend's URL, before any byte of the body.
    ///
    /// The backend is reached by the address that the client used, so through the gateway again; or by
    /// its own, if the field `redirect-policy` says so, as gateways that follow redirects send it.
    /// The URL names the user, as Doris' does, and so shows why `Location` must not be logged.
    @Sendable
    private func redirect(
        _ request: Request,
        context: WarehouseRequestContext
    ) throws -> Response {
        try authorize(request)
        guard let host = backendHost(request, context) else { throw HTTPError(.badRequest) }
        let location = "http://\(MySQLSession.user):@\(host)/backend\(request.uri.path)"
        return Response(
            status: .temporaryRedirect,
            headers: [.location: location, .connection: "close"]
        )
    }

    private func backendHost(
        _ request: Request,
        _ context: WarehouseRequestContext
    ) -> String? {
        let policy = request.headers.first { $0.name.canonicalName == "redirect-policy" }
        guard policy?.value == "direct", let port = context.localPort else {
            return request.head.authority
        }
        return "127.0.0.1:\(port)"
    }

    /// The backend's part: counts the rows and records the load.
    @Sendable
    private func load(
        _ request: Request,
        context: WarehouseRequestContext
    ) async throws -> StreamLoadAnswer {
        try authorize(request)
        let target = try await target(context)
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await context.sendContinue()
        }
        let start = ContinuousClock.now
        let counter = try await count(request.body)
        let label = request.headers.first { $0.name.canonicalName == "label" }?.value
        let load = StreamLoad(
            label: label ?? UUID().uuidString,
            target: target,
            rowCount: counter.rowCount,
            byteCount: counter.byteCount
        )
        return StreamLoadAnswer(
            transaction: try await database.record(load),
            label: load.label,
            status: "Success",
            message: "counted by the sample warehouse, not stored",
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

    private func target(_ context: WarehouseRequestContext) async throws -> TableName {
        let name = TableName(
            database: try context.parameters.require("database"),
            table: try context.parameters.require("table")
        )
        do {
            _ = try await database.columns(of: name.table, in: name.database, for: .ownQueries)
        } catch {
            throw HTTPError(.notFound, message: error.message)
        }
        return name
    }

    /// Basic authentication as the only user, without a password.
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

/// What a Doris backend answers to a stream load, as far as clients read it.
private struct StreamLoadAnswer: ResponseCodable {
    var transaction: Int64
    var label: String
    var status: String
    var message: String
    var totalRowCount: Int
    var loadedRowCount: Int
    var filteredRowCount = 0
    var byteCount: Int
    var milliseconds: Int

    enum CodingKeys: String, CodingKey {
        case transaction = "TxnId"
        case label = "Label"
        case status = "Status"
        case message = "Message"
        case totalRowCount = "NumberTotalRows"
        case loadedRowCount = "NumberLoadedRows"
        case filteredRowCount = "NumberFilteredRows"
        case byteCount = "LoadBytes"
        case milliseconds = "LoadTimeMs"
    }
}

/// Counts the rows of a body that arrives in pieces: lines that are not empty.
struct RowCounter {
    private(set) var byteCount = 0
    private var endedRowCount = 0
    private var isInsideRow = false

    /// Rows so far, with a last line that has no line feed.
    var rowCount: Int { endedRowCount + (isInsideRow ? 1 : 0) }

    mutating func count(_ bytes: [UInt8]) {
        byteCount += bytes.count
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                isInsideRow = true
            } else if isInsideRow {
                endedRowCount += 1
                isInsideRow = false
            }
        }
    }
}
