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

/// What a side of a MySQL connection can do (MySQL internals manual, "Capability Flags").
///
/// Only the flags that change what is read or written here are named.
public struct MySQLCapabilities: OptionSet, Hashable, Sendable {
    /// The flags as they travel, the lower half first.
    public var rawValue: UInt32

    /// The flags in `rawValue`, unnamed ones included.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// CLIENT_MYSQL, once CLIENT_LONG_PASSWORD. MariaDB clears it to mark its own extensions.
    public static let longPassword = Self(rawValue: 1 << 0)
    /// CLIENT_LONG_FLAG: column definitions have two bytes of flags.
    public static let longColumnFlags = Self(rawValue: 1 << 2)
    /// The login names a database.
    public static let connectWithDatabase = Self(rawValue: 1 << 3)
    /// CLIENT_PROTOCOL_41: the protocol of MySQL 4.1, the one that is spoken here.
    public static let protocol41 = Self(rawValue: 1 << 9)
    /// The stream turns into TLS after the first 32 bytes of the login.
    public static let tls = Self(rawValue: 1 << 11)
    /// CLIENT_TRANSACTIONS: OK and EOF packets carry a status.
    public static let transactions = Self(rawValue: 1 << 13)
    /// CLIENT_SECURE_CONNECTION: scrambles of 20 bytes, their answer behind a length byte.
    public static let secureConnection = Self(rawValue: 1 << 15)
    /// CLIENT_PLUGIN_AUTH: greeting and login name an authentication plugin.
    public static let pluginAuthentication = Self(rawValue: 1 << 19)
    /// CLIENT_CONNECT_ATTRS: the login ends with the client's name, version and the like.
    public static let connectAttributes = Self(rawValue: 1 << 20)
    /// The answer to the scramble follows a length-encoded integer.
    public static let lengthEncodedAuthentication = Self(rawValue: 1 << 21)
    /// An OK packet ends a result set in place of an EOF packet.
    public static let deprecateEOF = Self(rawValue: 1 << 24)

    /// What every login of protocol 4.1 with a named authentication plugin needs.
    public static let basicLogin: Self = [
        .longPassword, .protocol41, .secureConnection, .pluginAuthentication,
    ]
}
