import Hummingbird
import NIOCore
import NIOHTTP1

/// The sample warehouse's HTTP side.
struct WarehouseRoutes {
    let database: SampleDatabase

    var router: Router<WarehouseRequestContext> {
        let router = Router(context: WarehouseRequestContext.self)
        router.get("/", use: statusPage)
        router.get("/api/health") { _, _ in Health() }
        StreamLoadRoutes(database: database).add(to: router)
        return router
    }

    @Sendable
    private func statusPage(
        _ request: Request,
        context: WarehouseRequestContext
    ) async throws -> StatusPage {
        let host = request.head.authority ?? "an address without a name"
        do {
            return try await StatusPage(of: database, host: host)
        } catch {
            throw HTTPError(.serviceUnavailable, message: error.message)
        }
    }
}

/// As a Doris frontend answers `/api/health`.
private struct Health: ResponseCodable {
    struct Backends: Codable {
        var online_backend_num = 1
        var total_backend_num = 1
    }

    var msg = "success"
    var code = 0
    var data = Backends()
    var count = 0
}

/// A request's context: Hummingbird's own, and the connection.
struct WarehouseRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Where the client has connected to; `nil` if that is not a TCP port.
    var localPort: Int? { channel.localAddress?.port }

    /// Tells a client that waits for it to send the body (RFC 9110 §10.1.1).
    ///
    /// Hummingbird leaves this to the application. The line is written below the response encoder,
    /// which would mistake it for the response's head.
    func sendContinue() async throws {
        let channel = channel
        try await channel.eventLoop.submit {
            let encoder = try channel.pipeline.syncOperations
                .context(handlerType: HTTPResponseEncoder.self)
            let line = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
            encoder.writeAndFlush(NIOAny(line), promise: nil)
        }.get()
    }
}
