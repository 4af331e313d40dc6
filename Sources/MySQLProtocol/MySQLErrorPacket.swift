import Text

/// An ERR packet: a code and a message for the user on the other side
/// (MySQL internals manual, "ERR_Packet").
public struct MySQLErrorPacket: Hashable, Sendable {
    /// The first byte of the payload.
    public static let mark: UInt8 = 0xff
    /// "Too many connections".
    public static let tooManyConnections: UInt16 = 1040
    /// "Bad handshake".
    public static let badHandshake: UInt16 = 1043
    /// "Access denied for user".
    public static let accessDenied: UInt16 = 1045
    /// "Server shutdown in progress".
    public static let serverShutdown: UInt16 = 1053
    /// "Unknown thread id".
    public static let unknownThread: UInt16 = 1094
    /// "Unknown error".
    public static let unknownError: UInt16 = 1105
    /// "Client does not support authentication protocol requested by server".
    public static let unsupportedAuthentication: UInt16 = 1251
    /// "Connections using insecure transport are prohibited".
    public static let secureTransportRequired: UInt16 = 3159
    /// "Host is blocked because of many connection errors".
    public static let hostBlocked: UInt16 = 1129
    /// "Host is not allowed to connect".
    public static let hostNotPrivileged: UInt16 = 1130
    /// "Got a packet bigger than 'max_allowed_packet' bytes".
    public static let packetTooLarge: UInt16 = 1153
    /// "Got packets out of order".
    public static let packetsOutOfOrder: UInt16 = 1156

    /// "Got timeout reading communication packets".
    public static let readTimeout: UInt16 = 1159

    /// MySQL's number for the error.
    public var code: UInt16
    /// Five characters after a greeting, such as `HY000`; `nil` before one, where a client does not
    /// expect it and would show it as text.
    public var sqlState: String?
    /// Shown to the user unchanged.
    public var message: String

    /// A packet of exactly these parts.
    public init(code: UInt16, sqlState: String?, message: String) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
    }

    /// The payload: `FF`, the code, `#` and the state if there is one, the message.
    public var payload: [UInt8] {
        var payload: [UInt8] = [0xff]
        payload.appendLittleEndian(code, byteCount: 2)
        if let sqlState { payload += "#\(sqlState)".utf8 }
        payload += message.utf8
        return payload
    }

    /// Reads an ERR packet's payload; `nil` if it is another packet's.
    public init?(payload: [UInt8]) {
        guard payload.count >= 3, payload[0] == 0xff else { return nil }
        code = UInt16(payload[1]) | UInt16(payload[2]) << 8
        var text = payload[3...]
        if text.first == UInt8(ascii: "#"), text.count >= 6 {
            sqlState = String(decoding: text.dropFirst().prefix(5), as: UTF8.self)
            text = text.dropFirst(6)
        }
        message = String(decoding: text, as: UTF8.self)
    }

    /// `MySQL error 1045: Access denied…`, on one line, with at most 200 characters of the message.
    public var summary: String {
        "MySQL error \(code): \(LogText.harmless("\(message.prefix(200))"))"
    }
}

/// Why a peer's bytes are not a valid MySQL packet. Always the peer's error.
///
/// A packet that has not arrived completely is not among them: it is
/// ``MySQLPacket/Decoding/incomplete(missingByteCount:)``.
public enum MySQLWireError: Error, Equatable {
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
    /// Bytes after the end of an answer, when nothing else was requested.
    case excessBytes
    /// The server requests a local file (LOAD DATA LOCAL), which is never sent.
    case fileRequest
}

extension MySQLWireError: CustomStringConvertible {
    /// For the operator, after the word "sent".
    public var description: String {
        switch self {
        case .packetTooLong(let byteCount, let limit):
            "a MySQL packet of \(byteCount) bytes (the limit is \(limit))"
        case .truncated:
            "a MySQL packet that ends inside a field"
        case .unsupportedProtocolVersion(let version):
            "a greeting of MySQL protocol \(version), not 10"
        case .obsoleteLogin:
            "a login in the format used before MySQL 4.1"
        case .outOfSequence:
            "a MySQL packet out of sequence"
        case .excessBytes:
            "bytes after the end of an answer"
        case .fileRequest:
            "a request for a local file, which is never sent"
        }
    }
}
