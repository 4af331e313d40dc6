/// An ERR packet: a code and words for the person on the other side
/// (MySQL internals manual, "ERR_Packet").
package struct MySQLErrorPacket: Hashable, Sendable {
    /// "Too many connections".
    package static let tooManyConnections: UInt16 = 1040
    /// "Bad handshake".
    package static let badHandshake: UInt16 = 1043
    /// "Access denied for user".
    package static let accessDenied: UInt16 = 1045
    /// "Server shutdown in progress".
    package static let serverShutdown: UInt16 = 1053
    /// "Host is blocked because of many connection errors".
    package static let hostBlocked: UInt16 = 1129
    /// "Host is not allowed to connect".
    package static let hostNotPrivileged: UInt16 = 1130
    /// "Got a packet bigger than 'max_allowed_packet' bytes".
    package static let packetTooLarge: UInt16 = 1153
    /// "Got packets out of order".
    package static let packetsOutOfOrder: UInt16 = 1156

    /// MySQL's number for the error.
    package var code: UInt16
    /// Five characters after a greeting, such as `HY000`; `nil` before one, where a client does not
    /// look for it and would show it as text.
    package var sqlState: String?
    /// Shown to the person as it stands.
    package var message: String

    /// A packet of exactly these parts.
    package init(code: UInt16, sqlState: String?, message: String) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
    }

    /// The payload: `FF`, the code, `#` and the state if there is one, the words.
    package var payload: [UInt8] {
        var payload: [UInt8] = [0xff]
        payload.appendLittleEndian(code, byteCount: 2)
        if let sqlState { payload += "#\(sqlState)".utf8 }
        payload += message.utf8
        return payload
    }

    /// Reads an ERR packet's payload; `nil` where it is another packet's.
    package init?(payload: [UInt8]) {
        guard payload.count >= 3, payload[0] == 0xff else { return nil }
        code = UInt16(payload[1]) | UInt16(payload[2]) << 8
        var text = payload[3...]
        if text.first == UInt8(ascii: "#"), text.count >= 6 {
            sqlState = String(decoding: text.dropFirst().prefix(5), as: UTF8.self)
            text = text.dropFirst(6)
        }
        message = String(decoding: text, as: UTF8.self)
    }
}
