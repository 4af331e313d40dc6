/// Why a peer's bytes are not the MySQL packet that they should be. Always the peer's fault.
///
/// A packet that has not come wholly yet is not here: it is
/// ``MySQLPacket/Decoding/incomplete(missingByteCount:)``.
package enum MySQLWireError: Error, Equatable {
    /// The packet announces more than `limit` bytes of payload. Both are bytes.
    case packetTooLong(byteCount: Int, limit: Int)
    /// A field runs past the packet's end, or lacks its terminator.
    case truncated
    /// The greeting's first byte is not 10.
    case unsupportedProtocolVersion(UInt8)
    /// A login without CLIENT_PROTOCOL_41: a client from before MySQL 4.1.
    case obsoleteLogin
    /// A packet's number is not the next one of its exchange.
    case outOfSequence
    /// Bytes after the end of an answer, when nothing else was asked for.
    case excessBytes
    /// The server asks for a local file (LOAD DATA LOCAL), which is never sent.
    case fileRequest
}

extension MySQLWireError: CustomStringConvertible {
    /// For the operator, to stand behind "sent".
    package var description: String {
        switch self {
        case .packetTooLong(let byteCount, let limit):
            "a MySQL packet of \(byteCount) bytes, where \(limit) are the limit"
        case .truncated:
            "a MySQL packet that ends inside a field"
        case .unsupportedProtocolVersion(let version):
            "a greeting of MySQL protocol \(version), not 10"
        case .obsoleteLogin:
            "a login of a client from before MySQL 4.1"
        case .outOfSequence:
            "a MySQL packet out of sequence"
        case .excessBytes:
            "bytes after the end of an answer"
        case .fileRequest:
            "a request for a local file, which is never sent"
        }
    }
}
