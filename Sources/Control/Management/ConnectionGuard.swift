import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Bounds what one connection can cost, whatever its client does.
///
/// - It has a place among the others only as long as nobody needs it more (``ConnectionRoom``).
/// - It ends when its time is over: the idle timeout alone lets a client keep a connection for ever
///   by reading its answer too slowly.
/// - Bodies are discarded: nothing here takes one. The answer does not wait for a body's end, and
///   a connection with an unfinished body, or a refused request, closes after the answer.
/// - `/healthz` is answered here, on the event loop: other clients' requests keep nobody from it.
/// - A closing connection reads only a little more, so that its client's unread bytes do not become
///   a reset that overtakes the answer (RFC 9112 §9.6).
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// After a refusal, for a client that does not close.
    private static let lingerTime = TimeAmount.seconds(2)
    /// Reads of at most 64 KiB each, or so.
    private static let lingerReadLimit = 16
    /// Of a body that comes before the answer to its request begins.
    private static let bodyByteLimit = 65_536

    private let room: ConnectionRoom
    private let largeAnswers: ConnectionRoom
    private let lifetime: TimeAmount
    private var end: Scheduled<Void>?
    /// Requests that were passed on and are not answered yet.
    private var pendingCount = 0
    /// Whether more of the current request is to come.
    private var isBodyUnfinished = false
    /// Of the current request's body.
    private var discardedByteCount = 0
    private var phase = Phase.open

    private enum Phase: Equatable {
        case open
        /// Takes no further request; the answer is on its way.
        case closing
        /// The answer is sent.
        case lingering(readCount: Int)
    }

    /// - Parameter largeAnswers: the room from which the connection goes with each answer's end.
    init(room: ConnectionRoom, largeAnswers: ConnectionRoom, lifetime: TimeAmount) {
        self.room = room
        self.largeAnswers = largeAnswers
        self.lifetime = lifetime
    }

    func handlerAdded(context: ChannelHandlerContext) {
        room.enter(context.channel)
        schedule(lifetime, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
    }

    private func schedule(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let channel = context.channel
        end?.cancel()
        end = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}

// MARK: - Requests

extension ConnectionGuard {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        switch unwrapInboundIn(data) {
        case .head(let request):
            isBodyUnfinished = true
            discardedByteCount = 0
            room.change(context.channel, isBusy: true)
            if pendingCount == 0, request.isHealthCheck {
                answerHealthCheck(withBody: request.method == .get, context)
            } else {
                pendingCount += 1
                context.fireChannelRead(data)
                context.fireChannelRead(wrapInboundOut(.end(nil)))
            }
        case .body(let bytes): discardedByteCount += bytes.readableBytes
        case .end: isBodyUnfinished = false
        }
    }

    func read(context: ChannelHandlerContext) {
        if phase == .open, discardedByteCount <= Self.bodyByteLimit { context.read() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        guard case .lingering(let readCount) = phase, readCount < Self.lingerReadLimit else {
            return
        }
        phase = .lingering(readCount: readCount + 1)
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .lingering = phase, event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}

// MARK: - Answers

extension ConnectionGuard {
    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if isBodyUnfinished || head.status.code >= 400 {
                phase = .closing
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            pendingCount -= 1
            let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
            whenSent(sent, context)
            context.write(data, promise: sent)
        }
    }

    /// Says that the process runs, and closes the connection: a probe that keeps it open would take
    /// a place.
    private func answerHealthCheck(withBody: Bool, _ context: ChannelHandlerContext) {
        phase = .closing
        var fields = HTTPFields.uncached("text/plain")
        fields[.contentLength] = "\(Self.health.utf8.count)"
        fields[.connection] = "close"
        let head = HTTPResponse(status: .ok, headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if withBody {
            let body = ByteBuffer(string: Self.health)
            context.write(wrapOutboundOut(.body(body)), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        whenSent(sent, context)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    private static let health = "ok\n"

    private func whenSent(_ sent: EventLoopPromise<Void>, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.answered(context)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        room.change(context.channel, isBusy: false)
        largeAnswers.leave(context.channel)
        guard phase == .closing else { return }
        phase = .lingering(readCount: 0)
        schedule(Self.lingerTime, context)
        context.close(mode: .output, promise: nil)
        context.read()
    }
}

extension HTTPRequest {
    /// Whether this asks `/healthz`, without a body.
    fileprivate var isHealthCheck: Bool {
        (method == .get || method == .head) && path?.prefix { $0 != "?" } == "/healthz"
            && headerFields[.contentLength] ?? "0" == "0"
            && headerFields[.transferEncoding] == nil
    }
}
