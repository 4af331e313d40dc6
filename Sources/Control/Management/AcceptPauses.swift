import NIOCore
import Sockets

/// Keeps the management address responding while the process has no descriptor left (accept(2),
/// EMFILE), and its event loop from spinning.
///
/// The HTTP library's own back-off is not enough: a read that accepts no client stays pending, so
/// the listening socket stays watched and is immediately readable again. So this stops reading for
/// a moment. Meanwhile it makes room for the new client: by closing another client, as if all
/// places were taken, or else with a descriptor reserved for that.
///
/// Lives on the listening channel's event loop.
final class AcceptPauses: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// A client that goes is closed on another event loop.
    private static let pauseForRoom = TimeAmount.milliseconds(10)
    private static let pauseForOthers = TimeAmount.milliseconds(100)

    private let room: ConnectionRoom
    private let spare = SpareDescriptor()
    private var isPaused = false

    init(room: ConnectionRoom) {
        self.room = room
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !spare.isHeld { takeSpare(after: unwrapInboundIn(data), context) }
        context.fireChannelRead(data)
    }

    /// The spare descriptor serves that client; when it has gone, another can be opened.
    private func takeSpare(after client: any Channel, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(spare, eventLoop: context.eventLoop)
        client.closeFuture.hop(to: context.eventLoop).whenComplete { _ in bound.value.take() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, SystemError(code: code).isExhaustion else {
            return context.fireErrorCaught(error)
        }
        guard !isPaused else { return }
        isPaused = true
        setReading(false, context)
        let hasRoom = room.evict() || spare.release()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: hasRoom ? Self.pauseForRoom : Self.pauseForOthers) {
            let (handler, context) = bound.value
            handler.isPaused = false
            handler.setReading(true, context)
        }
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        // `try?`: a channel that has been closed meanwhile reads nothing anyway.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}

/// A descriptor that is held so that it can be released when no other is left.
private final class SpareDescriptor {
    private var file: File?

    init() {
        take()
    }

    var isHeld: Bool { file != nil }

    func take() {
        // `try?`: without a descriptor there is none to spare.
        if file == nil { file = try? File(reading: "/dev/null") }
    }

    /// - Returns: whether there was one.
    func release() -> Bool {
        defer { file = nil }
        return file != nil
    }
}
