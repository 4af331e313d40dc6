import Hummingbird
import NIOCore
import NIOHTTP1

/// A request's surroundings: Hummingbird's own, and the connection.
struct WarehouseRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Tells a client that waits for it to send the body (RFC 9110 §10.1.1).
    ///
    /// Hummingbird leaves this to the application. The line is written below the response encoder,
    /// which would take it for the response's head.
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
