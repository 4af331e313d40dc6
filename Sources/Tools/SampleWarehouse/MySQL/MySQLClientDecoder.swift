import MySQLProtocol
import NIOCore
import ProxyProtocol

/// What a client's side sends: a PROXY header first, if one is expected, then packets.
enum MySQLClientMessage: Sendable {
    case proxyHeader(ProxyHeader)
    case packet(MySQLPacket)
}

/// Splits what arrives into messages; an invalid header or a packet above the limit is an error.
struct MySQLClientDecoder: ByteToMessageDecoder {
    typealias InboundOut = MySQLClientMessage

    /// The longest PROXY header that is accepted, in bytes.
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

/// What a client requests after its login (MySQL internals manual, "Text Protocol").
enum MySQLCommand: Equatable {
    case quit
    case useDatabase(String)
    case query(String)
    case listFields(table: String)
    case statistics
    case ping
    case setOption
    case resetConnection
    case unknown(UInt8)

    init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        switch try reader.byte() {
        case 0x01: self = .quit
        case 0x02: self = .useDatabase(String(decoding: reader.remainingBytes(), as: UTF8.self))
        case 0x03: self = .query(String(decoding: reader.remainingBytes(), as: UTF8.self))
        case 0x04:
            self = .listFields(table: String(decoding: try reader.nullTerminated(), as: UTF8.self))
        case 0x09: self = .statistics
        case 0x0e: self = .ping
        case 0x1b: self = .setOption
        case 0x1f: self = .resetConnection
        case let code: self = .unknown(code)
        }
    }
}
