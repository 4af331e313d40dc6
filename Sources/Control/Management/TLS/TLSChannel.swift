import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Puts TLS below what serves HTTP on a connection.
///
/// ```
/// socket ◄─► TLSFront ◄─► NIOSSLServerHandler ◄─► HandshakeDeadline ◄─► HTTP, ConnectionGuard
/// ```
///
/// A connection has its place (``ConnectionRoom``) from accept on: handshakes that never end lose
/// theirs to new clients as idle connections do.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificate: ManagementCertificate
    /// From accept on.
    let handshake: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            // Below what was added for HTTP: what that does with bytes, it does with plain ones.
            try channel.pipeline.syncOperations.addHandlers(
                [
                    TLSFront(), NIOSSLServerHandler(context: certificate.context),
                    HandshakeDeadline(handshake),
                ],
                position: .first
            )
            return value
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension Channel {
    /// Closes the connection immediately. TLS would first exchange farewells (RFC 8446 §6.1), and so
    /// leave a client's descriptor to the client.
    func abort() {
        guard eventLoop.inEventLoop else { return eventLoop.execute { self.abort() } }
        // `try?`: there is none without TLS.
        if let front = try? pipeline.syncOperations.handler(type: TLSFront.self) {
            front.abort()
        } else {
            close(promise: nil)
        }
    }
}

/// Next to the socket: refuses plain HTTP in its own terms, and can close without TLS.
final class TLSFront: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// After a refusal, for a client that does not close.
    private static let lingerTime = TimeAmount.seconds(2)
    /// Reads of at most 64 KiB each, or so.
    private static let lingerReadLimit = 16

    private enum Phase: Equatable {
        case awaitingFirstByte, open
        case refused(readCount: Int)
    }

    private var phase = Phase.awaitingFirstByte
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func abort() { context?.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .open: context.fireChannelRead(data)
        case .refused(let readCount):
            phase = .refused(readCount: readCount + 1)
            if readCount >= Self.lingerReadLimit { abort() }
        case .awaitingFirstByte:
            let bytes = unwrapInboundIn(data)
            guard let first = bytes.readableBytesView.first else { return }
            if Self.beginsHTTP(first) {
                refuse(context)
            } else {
                phase = .open
                context.fireChannelRead(data)
            }
        }
    }

    /// A request starts with a letter of its method (RFC 9112 §3.1); a record of a handshake is of the
    /// type 22 (RFC 8446 §5.1).
    private static func beginsHTTP(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xdf)
            && byte >= UInt8(ascii: "A")
    }

    private func refuse(_ context: ChannelHandlerContext) {
        phase = .refused(readCount: 0)
        context.write(wrapOutboundOut(ByteBuffer(string: PlainHTTPRefusal.answer)), promise: nil)
        context.flush()
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.lingerTime) { channel.abort() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed, case .refused = phase { return abort() }
        context.fireUserInboundEventTriggered(event)
    }
}

/// What a client that speaks plain HTTP to an address with TLS is told.
enum PlainHTTPRefusal {
    static let text = "This address speaks HTTPS only: use https:// instead of http://.\n"

    static let answer = """
        HTTP/1.1 400 Bad Request\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: \(text.utf8.count)\r
        Cache-Control: no-store\r
        Connection: close\r
        \r
        \(text)
        """
}

/// Above TLS: ends a connection whose handshake takes too long.
final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let time: TimeAmount
    private var end: Scheduled<Void>?

    init(_ time: TimeAmount) { self.time = time }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: time) { channel.abort() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { end?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }

    /// A client that ends TLS without a farewell is to HTTP one that closes: what it has sent tells
    /// whether something is missing (RFC 9112 §9.8). After other errors, TLS closes the connection.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOSSLError, is BoringSSLError, is NIOSSLCloseTimedOutError: break
        default: context.fireErrorCaught(error)
        }
    }
}
