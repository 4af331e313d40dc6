/// A server's first packet, which opens every MySQL connection
/// (MySQL internals manual, "Protocol::HandshakeV10").
package struct MySQLGreeting: Hashable, Sendable {
    /// The one protocol version in use.
    static let protocolVersion: UInt8 = 10

    /// Begins with a number that drivers parse.
    package var serverVersion: String
    /// The server's thread id for this connection.
    package var connectionID: UInt32
    /// To be mixed with the password.
    package var scramble: MySQLScramble
    /// What the server offers; a client uses no more than that.
    package var capabilities: MySQLCapabilities
    /// A collation's number; 45 is `utf8mb4_general_ci`.
    package var characterSet: UInt8 = 45
    /// SERVER_STATUS_…; 2 is AUTOCOMMIT.
    package var status: UInt16 = 2
    /// How the server wants the password mixed with the scramble.
    package var authenticationPlugin = MySQLScramble.nativePassword

    /// A greeting that asks for `mysql_native_password`.
    package init(
        serverVersion: String,
        connectionID: UInt32,
        scramble: MySQLScramble,
        capabilities: MySQLCapabilities
    ) {
        self.serverVersion = serverVersion
        self.connectionID = connectionID
        self.scramble = scramble
        self.capabilities = capabilities
    }

    /// The payload; it travels with sequence number 0.
    package var payload: [UInt8] {
        var payload = [Self.protocolVersion]
        payload.appendNullTerminated(serverVersion)
        payload.appendLittleEndian(connectionID, byteCount: 4)
        payload += scramble.bytes.prefix(8)
        payload.append(0)
        payload.appendLittleEndian(capabilities.rawValue, byteCount: 2)
        payload.append(characterSet)
        payload.appendLittleEndian(status, byteCount: 2)
        payload.appendLittleEndian(capabilities.rawValue >> 16, byteCount: 2)
        payload.append(UInt8(MySQLScramble.byteCount + 1))
        payload += [UInt8](repeating: 0, count: 10)
        payload += scramble.bytes.dropFirst(8)
        payload.append(0)
        payload.appendNullTerminated(authenticationPlugin)
        return payload
    }
}

extension MySQLGreeting {
    /// Reads a greeting's payload.
    ///
    /// Servers without the second half of the fields (old Doris, some proxies) are understood: what
    /// they leave out is zero or empty.
    package init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        let version = try reader.byte()
        guard version == Self.protocolVersion else { throw .unsupportedProtocolVersion(version) }
        serverVersion = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        connectionID = UInt32(truncatingIfNeeded: try reader.littleEndian(byteCount: 4))
        let firstScramble = try reader.bytes(count: 8)
        _ = try reader.byte()
        var flags = try reader.littleEndian(byteCount: 2)
        characterSet = reader.remainingByteCount > 0 ? try reader.byte() : 0
        var secondScramble: ArraySlice<UInt8> = []
        if reader.remainingByteCount >= 15 {
            status = UInt16(truncatingIfNeeded: try reader.littleEndian(byteCount: 2))
            flags |= try reader.littleEndian(byteCount: 2) << 16
            _ = try reader.bytes(count: 11)
            secondScramble = try reader.bytes(count: min(12, reader.remainingByteCount))
            authenticationPlugin = try Self.plugin(&reader)
        }
        capabilities = MySQLCapabilities(rawValue: UInt32(truncatingIfNeeded: flags))
        scramble = MySQLScramble(firstScramble + secondScramble)
    }

    /// The plugin's name behind the scramble's own terminator. Some servers end it with the packet.
    private static func plugin(
        _ reader: inout MySQLPayloadReader
    ) throws(MySQLWireError) -> String {
        guard reader.remainingByteCount > 0 else { return "" }
        _ = try reader.byte()
        return String(decoding: reader.remainingBytes().prefix { $0 != 0 }, as: UTF8.self)
    }
}
