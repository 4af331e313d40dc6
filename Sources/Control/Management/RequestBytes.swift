import NIOCore

/// Keeps the bytes of the request that is being read, as far as an error response may need them:
/// the HTTP library reports only that it does not know a method, not which.
final class RequestBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var kept: [ByteBuffer] = []
    private var keptByteCount = 0
    /// Whether a request head has been read whole since the last bytes came.
    private var hasHead = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if hasHead { drop() }
        if keptByteCount < RequestLine.byteLimit {
            let bytes = unwrapInboundIn(data)
            kept.append(bytes)
            keptByteCount += bytes.readableBytes
        }
        context.fireChannelRead(data)
    }

    /// A request's head has been read. What came last may hold the next one's beginning too.
    func recordHead() {
        hasHead = true
    }

    private func drop() {
        hasHead = false
        kept = []
        keptByteCount = 0
    }

    var bytes: [UInt8] { kept.flatMap { Array($0.readableBytesView) } }
}
