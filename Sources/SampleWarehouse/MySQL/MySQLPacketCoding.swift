import Core
import NIOCore

/// Cuts what a client sends into packets; a packet above the limit ends the connection.
struct MySQLPacketDecoder: ByteToMessageDecoder {
    typealias InboundOut = MySQLPacket

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let limit = MySQLSession.packetLimit
        switch try MySQLPacket.decode(buffer.readableBytesView, limit: limit) {
        case .incomplete:
            return .needMoreData
        case .complete(let packet, let byteCount):
            buffer.moveReaderIndex(forwardBy: byteCount)
            context.fireChannelRead(Self.wrapInboundOut(packet))
            return .continue
        }
    }
}
