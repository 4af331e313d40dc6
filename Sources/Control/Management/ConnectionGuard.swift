import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Bounds what one connection can cost, whatever its client does.
///
/// - It keeps its place among the others only while no other client needs it more
///   (``ConnectionRoom``).
/// - It ends when its time is over: with the idle timeout alone, a client could keep a connection
///   forever by reading its response too slowly. An answer that is streamed may take as long as its
///   client makes progress (``AnswerPace``). Streams of events (``EventHub``) have limits of their own
///   instead, and places of their own.
/// - Bodies are discarded unless the request's method takes one. The response does not wait for a
///   body's end, and a connection with an unfinished body, or a rejected request, closes after the
///   response. A body that will never be whole fails for whoever reads it (``UnfinishedBody``).
/// - A request is passed on only once the one before it is answered: after an answer that closes the
///   connection, nothing is executed.
/// - `/healthz` is answered here, on the event loop: other clients' requests do not delay it.
/// - What is not a request is rejected here too: the HTTP library would answer without a message.
/// - A closing connection reads only a little more, so that its client's unread bytes do not become
///   a reset that overtakes the response (RFC 9112 §9.6).
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// After a refusal, for a client that does not close.
    private static let lingerTime = TimeAmount.seconds(2)
    /// Reads of at most 64 KiB each, or so.
    private static let lingerReadLimit = 16
    /// Of a body that arrives before the response to its request starts.
    private static let bodyByteLimit = 65_536

    private let room: ConnectionRoom
    private let largeAnswers: ConnectionRoom
    private let lifetime: TimeAmount
    private let progress: TimeAmount
    private let requestBytes = RequestBytes()
    private var end: Scheduled<Void>?
    /// Whether a request was passed on and is not answered yet.
    private var isAnswerPending = false
    /// What came after that request.
    private var held = CircularBuffer<Arrival>()
    /// Whether a read was asked for while something was held.
    private var isReadOwed = false
    /// Whether the current request asked that it be the connection's last.
    private var isLastRequest = false
    /// Whether more of the current request is to come.
    private var isBodyUnfinished = false
    /// Whether the body of the current request is passed on.
    private var isBodyWanted = false
    /// Of the current request's body.
    private var discardedByteCount = 0
    private var phase = Phase.open
    private var pace = AnswerPace.ordinary
    /// Pieces of a streamed answer that the client has yet to take.
    private var unsentCount = 0

    /// What waits for its turn.
    private enum Arrival {
        case part(HTTPRequestPart)
        case error(HTTPParserError)
        case inputClosed
    }

    private enum Phase: Equatable {
        case open
        /// The body of the current request will never be whole; its answer is the last.
        case broken
        /// What came is not a request that can be answered. Earlier ones are answered first, and the
        /// first line of this one is read to its end.
        case refusing(HTTPParserError)
        /// Accepts no further request; the response is on its way.
        case closing
        /// As long as the client and the gateway like: a stream of events, whose number is bounded
        /// elsewhere.
        case streaming
        /// The answer is sent.
        case lingering(readCount: Int)
    }

    /// - Parameters:
    ///   - largeAnswers: the room from which the connection goes with each answer's end.
    ///   - lifetime: from accept on.
    ///   - progress: for each piece of a streamed answer.
    init(
        room: ConnectionRoom,
        largeAnswers: ConnectionRoom,
        lifetime: TimeAmount,
        progress: TimeAmount
    ) {
        self.room = room
        self.progress = progress
        self.largeAnswers = largeAnswers
        self.lifetime = lifetime
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // `try?`: it fails only on a channel that has been closed already.
        try? context.pipeline.syncOperations.addHandler(requestBytes, position: .first)
        addTargetHost(context)
        room.enter(context.channel)
        schedule(lifetime, context)
    }

    /// Before the handler that drops it.
    private func addTargetHost(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        // `try?`: as above.
        guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(TargetHost(), position: .before(codec))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
    }

    private func schedule(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let channel = context.channel
        end?.cancel()
        end = context.eventLoop.scheduleTask(in: time) { channel.abort() }
    }
}

/// How long the answer to the current request may take: an event that its handler triggers.
enum AnswerPace: Equatable, Sendable {
    /// The connection's lifetime counts.
    case ordinary
    /// As long as it takes to make, and as long as the client takes each piece in time.
    case streamed
    /// This long from now on.
    case within(TimeAmount)

    func apply(to channel: any Channel) {
        channel.triggerUserOutboundEvent(self, promise: nil)
    }
}

// MARK: - Requests

extension ConnectionGuard {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        let part = unwrapInboundIn(data)
        if case .head = part { requestBytes.recordHead() }
        if !held.isEmpty || isAnswerPending && !isBodyUnfinished {
            held.append(.part(part))
        } else {
            take(part, context)
        }
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let request):
            isBodyUnfinished = true
            isLastRequest = request.isLast
            discardedByteCount = 0
            room.change(context.channel, request.takesBody ? .sending : .waiting)
            if request.isHealthCheck {
                answerHealthCheck(withBody: request.method == .get, context)
            } else {
                isAnswerPending = true
                isBodyWanted = request.takesBody
                context.fireChannelRead(wrapInboundOut(part))
                if !isBodyWanted { context.fireChannelRead(wrapInboundOut(.end(nil))) }
            }
        case .body where isBodyWanted:
            room.change(context.channel, .sending)
            context.fireChannelRead(wrapInboundOut(part))
        case .body(let bytes): discardedByteCount += bytes.readableBytes
        case .end:
            isBodyUnfinished = false
            if isAnswerPending { room.change(context.channel, .waiting) }
            if isBodyWanted { context.fireChannelRead(wrapInboundOut(part)) }
            isBodyWanted = false
        }
    }

    /// Takes what was held, up to the end of the next request.
    private func takeHeld(_ context: ChannelHandlerContext) {
        guard !held.isEmpty else { return }
        while canTakeHeld, let next = held.popFirst() {
            switch next {
            case .part(let part): take(part, context)
            case .error(let error): takeError(error, context)
            case .inputClosed: takeInputClosed(context)
            }
        }
        // For those who act at the end of a read only.
        context.fireChannelReadComplete()
        guard held.isEmpty, isReadOwed else { return }
        isReadOwed = false
        read(context: context)
    }

    private var canTakeHeld: Bool {
        switch phase {
        case .open: !isAnswerPending || isBodyUnfinished
        case .refusing: true
        case .broken, .closing, .streaming, .lingering: false
        }
    }

    /// Makes the body of the current request fail for whoever reads it.
    private func breakBody(_ context: ChannelHandlerContext) {
        phase = .broken
        if isBodyWanted { context.fireErrorCaught(UnfinishedBody()) }
    }

    func read(context: ChannelHandlerContext) {
        switch phase {
        case .open where !held.isEmpty: isReadOwed = true
        case .open where discardedByteCount <= Self.bodyByteLimit, .refusing: context.read()
        case .open, .broken, .closing, .streaming, .lingering: break
        }
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
        guard event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        if phase == .open, !held.isEmpty {
            held.append(.inputClosed)
        } else {
            takeInputClosed(context)
        }
    }

    private func takeInputClosed(_ context: ChannelHandlerContext) {
        switch phase {
        case .open where isBodyUnfinished: breakBody(context)
        case .open, .broken, .closing: break
        case .refusing: refuse(isWhole: true, context)
        case .streaming, .lingering: context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if phase == .open, isBodyUnfinished { breakBody(context) }
        held.removeAll()
        context.fireChannelInactive()
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
            if head.headerFields[.contentType] == EventRoutes.contentType {
                phase = .streaming
                end?.cancel()
                room.leave(context.channel)
                head.headerFields[.connection] = "close"
            } else if isBodyUnfinished || isLastRequest || head.status.code >= 400 {
                phase = .closing
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body where pace == .streamed:
            let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
            whenPieceSent(sent, context)
            context.write(data, promise: sent)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
            // Its last bytes, too, a client must take.
            if pace == .streamed { whenPieceSent(sent, context) }
            whenSent(sent, context)
            context.write(data, promise: sent)
        }
    }

    /// Reports that the process runs, and closes the connection: a probe that keeps it open would
    /// occupy a place.
    private func answerHealthCheck(withBody: Bool, _ context: ChannelHandlerContext) {
        let head = HTTPResponse(status: .ok, headerFields: .uncached("text/plain"))
        answer(head, Self.health, sendingBody: withBody, context)
    }

    /// Sends a whole answer, after which the connection closes.
    private func answer(
        _ head: HTTPResponse,
        _ text: String,
        sendingBody: Bool = true,
        _ context: ChannelHandlerContext
    ) {
        phase = .closing
        var head = head
        head.headerFields[.contentLength] = "\(text.utf8.count)"
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if sendingBody {
            context.write(wrapOutboundOut(.body(ByteBuffer(string: text))), promise: nil)
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

    /// A client must take each piece in time; while none waits for it, it is not to blame.
    private func whenPieceSent(_ sent: EventLoopPromise<Void>, _ context: ChannelHandlerContext) {
        if unsentCount == 0 { schedule(progress, context) }
        unsentCount += 1
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.unsentCount -= 1
            guard handler.pace == .streamed else { return }
            if handler.unsentCount > 0 {
                handler.schedule(handler.progress, context)
            } else {
                handler.end?.cancel()
            }
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard let pace = event as? AnswerPace else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        self.pace = pace
        switch pace {
        case .ordinary: schedule(lifetime, context)
        case .streamed:
            end?.cancel()
            limitSendBuffer(of: context)
        case .within(let time): schedule(time, context)
        }
        promise?.succeed()
    }

    /// In bytes. The system reports that there is room again only once a third of it is free: of the
    /// megabytes that it grows to by itself, that could take a slow client minutes.
    private static let sendBufferByteCount: SocketOptionValue = 262_144

    private func limitSendBuffer(of context: ChannelHandlerContext) {
        // `try?`: it fails only on a channel that has been closed already.
        try? context.channel.syncOptions?.setOption(
            .socketOption(.so_sndbuf),
            value: Self.sendBufferByteCount
        )
    }

    private func answered(_ context: ChannelHandlerContext) {
        if pace != .ordinary, phase == .open {
            // What follows on this connection has a life of its own.
            schedule(lifetime, context)
        }
        pace = .ordinary
        isAnswerPending = false
        room.change(context.channel, .idle)
        largeAnswers.leave(context.channel)
        if case .refusing = phase { return refuse(isWhole: false, context) }
        guard phase == .closing || phase == .streaming else { return takeHeld(context) }
        held.removeAll()
        phase = .lingering(readCount: 0)
        schedule(Self.lingerTime, context)
        context.close(mode: .output, promise: nil)
        context.read()
    }
}

// MARK: - What is not a request

extension ConnectionGuard {
    /// The parser has stopped for good: each further byte is an error to it as well.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (phase, error) {
        case (.open, let error as HTTPParserError) where !held.isEmpty:
            held.append(.error(error))
        case (.open, let error as HTTPParserError):
            takeError(error, context)
        case (.refusing, is ByteToMessageDecoderError):
            refuse(isWhole: false, context)
        case (_, is HTTPParserError), (_, is ByteToMessageDecoderError):
            break
        default:
            context.fireErrorCaught(error)
        }
    }

    /// Until its first line is read, the connection counts as idle: whoever sends half a line must not
    /// keep its place longer than those whose requests are being answered.
    private func takeError(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        if isBodyUnfinished { return breakBody(context) }
        // What follows a client's last request is of no interest.
        if isAnswerPending, isLastRequest { return }
        phase = .refusing(error)
        refuse(isWhole: false, context)
    }

    /// - Parameter isWhole: whether no more bytes will arrive.
    private func refuse(isWhole: Bool, _ context: ChannelHandlerContext) {
        guard case .refusing(let error) = phase, !isAnswerPending else { return }
        switch error {
        case .invalidMethod, .invalidConstant:
            switch RequestLine.verdict(on: requestBytes.bytes) {
            case .incomplete where !isWhole: break
            case .request: refuseMethod(context)
            case .incomplete, .notHTTP: refuseBytes(error, context)
            }
        default:
            refuseBytes(error, context)
        }
    }

    private static let allowedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"

    private func refuseMethod(_ context: ChannelHandlerContext) {
        refuse(
            HTTPResponse(status: .methodNotAllowed, headerFields: [.allow: Self.allowedMethods]),
            code: "MethodNotAllowed",
            message: "Unknown method (expected one of \(Self.allowedMethods)).",
            context
        )
    }

    private func refuseBytes(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        refuse(
            HTTPResponse(status: .badRequest),
            code: "InvalidRequest",
            message: "Invalid HTTP/1.1 request: \(error).",
            context
        )
    }

    private func refuse(
        _ head: HTTPResponse,
        code: String,
        message: String,
        _ context: ChannelHandlerContext
    ) {
        let id = UUID().uuidString.lowercased()
        // `try?`: texts can always be encoded.
        let text = try? Envelope(id: id, code: code, message: message).text
        var head = head
        head.headerFields.append(contentsOf: HTTPFields.uncached("application/json"))
        answer(head, text ?? "", context)
    }
}

/// A request ended, or became unreadable, before its body did: it must not be executed.
struct UnfinishedBody: Error {}

extension HTTPRequest {
    fileprivate var takesBody: Bool {
        switch method {
        case .post, .put, .patch, .delete: true
        default: false
        }
    }

    /// Whether the connection ends with the answer (RFC 9112 §9.6).
    fileprivate var isLast: Bool {
        headerFields[values: .connection].contains { value in
            value.lowercased().split(separator: ",").contains {
                $0.filter { $0 != " " && $0 != "\t" } == "close"
            }
        }
    }

    /// Whether this requests `/healthz`, without a query or a body.
    fileprivate var isHealthCheck: Bool {
        (method == .get || method == .head) && path == "/healthz"
            && headerFields[.contentLength] ?? "0" == "0"
            && headerFields[.transferEncoding] == nil
    }
}
