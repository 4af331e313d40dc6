/// A server's first packet, which opens every MySQL connection
/// (MySQL internals manual, "Protocol::HandshakeV10").
public struct MySQLGreeting: Hashable, Sendable {
    /// The one protocol version in use.
    static let protocolVersion: UInt8 = 10

    /// Starts with a number that drivers parse.
    public var serverVersion: String
    /// The server's thread id for this connection.
    public var connectionID: UInt32
    /// To be mixed with the password.
    public var scramble: MySQLScramble
    /// What the server offers; a client uses no more than that.
    public var capabilities: MySQLCapabilities
    /// A collation's number; 45 is `utf8mb4_general_ci`.
    public var characterSet: UInt8 = 45
    /// SERVER_STATUS_…; 2 is AUTOCOMMIT.
    public var status: UInt16 = 2
    /// How the server wants the password mixed with the scramble.
    public var authenticationPlugin = MySQLScramble.nativePassword
    /// MariaDB's own; sent and read only if ``capabilities`` lacks `longPassword`.
    public var extendedCapabilities: MariaDBCapabilities = []

    /// A greeting that requests `mysql_native_password`.
    public init(
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

    /// The payload; sent with sequence number 0.
    public var payload: [UInt8] {
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
        payload += [UInt8](repeating: 0, count: 6)
        let extended = capabilities.contains(.longPassword) ? [] : extendedCapabilities
        payload.appendLittleEndian(extended.rawValue, byteCount: 4)
        payload += scramble.bytes.dropFirst(8)
        payload.append(0)
        payload.appendNullTerminated(authenticationPlugin)
        return payload
    }
}

extension MySQLGreeting {
    /// Reads a greeting's payload.
    ///
    /// Servers that omit the second half of the fields (old Doris, some proxies) are supported: what
    /// they omit is zero or empty.
    public init(payload: [UInt8]) throws(MySQLWireError) {
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
        var extended: UInt64 = 0
        if reader.remainingByteCount >= 15 {
            status = UInt16(truncatingIfNeeded: try reader.littleEndian(byteCount: 2))
            flags |= try reader.littleEndian(byteCount: 2) << 16
            _ = try reader.bytes(count: 7)
            extended = try reader.littleEndian(byteCount: 4)
            secondScramble = try reader.bytes(count: min(12, reader.remainingByteCount))
            authenticationPlugin = try Self.plugin(&reader)
        }
        capabilities = MySQLCapabilities(rawValue: UInt32(truncatingIfNeeded: flags))
        if !capabilities.contains(.longPassword) {
            extendedCapabilities = MariaDBCapabilities(
                rawValue: UInt32(truncatingIfNeeded: extended)
            )
        }
        scramble = MySQLScramble(firstScramble + secondScramble)
    }

    /// The plugin's name follows the scramble's terminator. Some servers end it with the packet.
    private static func plugin(
        _ reader: inout MySQLPayloadReader
    ) throws(MySQLWireError) -> String {
        guard reader.remainingByteCount > 0 else { return "" }
        _ = try reader.byte()
        return String(decoding: reader.remainingBytes().prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The 20 random bytes that a client mixes with its password.
///
/// The caller provides the randomness.
public struct MySQLScramble: Hashable, Sendable {
    /// The plugin that answers a scramble with SHA-1.
    public static let nativePassword = "mysql_native_password"
    /// A scramble's length.
    public static let byteCount = 20

    /// Exactly ``byteCount`` bytes, none of them zero: old clients stop at a zero.
    public let bytes: [UInt8]

    /// Uses the first 20 bytes of `random`, with zeros turned into ones, and pads with ones.
    public init(_ random: some Sequence<UInt8>) {
        let taken = random.prefix(Self.byteCount).map { $0 == 0 ? 1 : $0 }
        bytes = taken + [UInt8](repeating: 1, count: Self.byteCount - taken.count)
    }
}
