import MySQLProtocol
import NIOCore
import ProxyProtocol
import Traffic

/// What a client's side sends: a PROXY header first, where one is expected, then packets.
enum MySQLClientMessage: Sendable {
    case proxyHeader(ProxyHeader)
    case packet(MySQLPacket)
}

/// Cuts what comes into messages; a faulty header or a packet above the limit is an error.
struct MySQLClientDecoder: ByteToMessageDecoder {
    typealias InboundOut = MySQLClientMessage

    /// The longest PROXY header that is taken, in bytes.
    private static let proxyHeaderLimit = 4096

    private var awaitsProxyHeader: Bool

    init(expectsProxyHeader: Bool) {
        awaitsProxyHeader = expectsProxyHeader
    }

    mutating func decode(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard let (message, byteCount) = try next(in: buffer) else { return .needMoreData }
        awaitsProxyHeader = false
        buffer.moveReaderIndex(forwardBy: byteCount)
        context.fireChannelRead(Self.wrapInboundOut(message))
        return .continue
    }

    private func next(
        in buffer: ByteBuffer
    ) throws -> (message: MySQLClientMessage, byteCount: Int)? {
        awaitsProxyHeader ? try proxyHeader(in: buffer) : try packet(in: buffer)
    }

    private func proxyHeader(
        in buffer: ByteBuffer
    ) throws(ProxyHeaderError) -> (MySQLClientMessage, Int)? {
        let limit = Self.proxyHeaderLimit
        let bytes = [UInt8](buffer.readableBytesView.prefix(limit))
        switch try ProxyHeader.decode(bytes, limit: limit) {
        case .incomplete: return nil
        case .complete(let header, let byteCount): return (.proxyHeader(header), byteCount)
        }
    }

    private func packet(
        in buffer: ByteBuffer
    ) throws(MySQLWireError) -> (MySQLClientMessage, Int)? {
        let bytes = buffer.readableBytesView
        switch try MySQLPacket.decode(bytes, limit: MySQLSession.packetLimit) {
        case .incomplete: return nil
        case .complete(let packet, let byteCount): return (.packet(packet), byteCount)
        }
    }
}
