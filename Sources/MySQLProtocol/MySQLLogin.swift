/// A client's answer to the greeting
/// (MySQL internals manual, "Protocol::HandshakeResponse41").
public struct MySQLLogin: Hashable, Sendable {
    /// What the client supports; determines which fields follow.
    public var capabilities: MySQLCapabilities
    /// The longest packet that the client accepts, in bytes; 0 if unspecified.
    public var maximumPacketByteCount: UInt32 = 0
    /// A collation's number; 45 is `utf8mb4_general_ci`.
    public var characterSet: UInt8 = 45
    /// The user who logs in.
    public var user: String
    /// The scrambled password; empty for none. Never logged.
    public var authentication: [UInt8] = []
    /// What to use from the start; sent if the capabilities have `connectWithDatabase`.
    public var database: String?
    /// The plugin that made ``authentication``; `nil` if unspecified.
    public var plugin: String?

    /// A login of protocol 4.1 without TLS, password or database.
    public init(user: String) {
        capabilities = .basicLogin
        self.user = user
        plugin = MySQLScramble.nativePassword
    }

    /// The payload; the first login is sent with sequence number 1.
    public var payload: [UInt8] {
        var payload: [UInt8] = []
        payload.appendLittleEndian(capabilities.rawValue, byteCount: 4)
        payload.appendLittleEndian(maximumPacketByteCount, byteCount: 4)
        payload.append(characterSet)
        payload += [UInt8](repeating: 0, count: 23)
        payload.appendNullTerminated(user)
        payload.append(UInt8(clamping: authentication.count))
        payload += authentication.prefix(255)
        if capabilities.contains(.connectWithDatabase) {
            payload.appendNullTerminated(database ?? "")
        }
        if capabilities.contains(.pluginAuthentication) {
            payload.appendNullTerminated(plugin ?? "")
        }
        return payload
    }
}

extension MySQLLogin {
    /// Reads a login's payload. Connection attributes after it are ignored.
    public init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        let flags = try reader.littleEndian(byteCount: 4)
        capabilities = MySQLCapabilities(rawValue: UInt32(truncatingIfNeeded: flags))
        guard capabilities.contains(.protocol41) else { throw .obsoleteLogin }
        let maximum = try reader.littleEndian(byteCount: 4)
        maximumPacketByteCount = UInt32(truncatingIfNeeded: maximum)
        characterSet = try reader.byte()
        _ = try reader.bytes(count: 23)
        user = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        authentication = try Self.authentication(&reader, capabilities)
        if capabilities.contains(.connectWithDatabase), reader.remainingByteCount > 0 {
            database = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        }
        if capabilities.contains(.pluginAuthentication), reader.remainingByteCount > 0 {
            plugin = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        }
    }

    /// The response to the scramble, whose format depends on the client's capabilities.
    private static func authentication(
        _ reader: inout MySQLPayloadReader,
        _ capabilities: MySQLCapabilities
    ) throws(MySQLWireError) -> [UInt8] {
        if capabilities.contains(.lengthEncodedAuthentication) {
            return [UInt8](try reader.lengthEncodedBytes())
        }
        if capabilities.contains(.secureConnection) {
            return [UInt8](try reader.bytes(count: Int(try reader.byte())))
        }
        return [UInt8](try reader.nullTerminated())
    }
}

/// A server's request to authenticate with another plugin
/// (MySQL internals manual, "Protocol::AuthSwitchRequest").
public struct MySQLAuthenticationSwitch: Hashable, Sendable {
    /// The first byte of the payload.
    public static let mark: UInt8 = 0xfe

    public var plugin: String
    /// To be mixed with the password by the rule of ``plugin``.
    public var scramble: MySQLScramble

    public init(plugin: String, scramble: MySQLScramble) {
        self.plugin = plugin
        self.scramble = scramble
    }

    public var payload: [UInt8] {
        var payload = [Self.mark]
        payload.appendNullTerminated(plugin)
        return payload + scramble.bytes + [0]
    }

    /// Reads a request's payload. One without a name is from before MySQL 4.1, and asks for
    /// `mysql_old_password`.
    public init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        guard try reader.byte() == Self.mark else { throw .truncated }
        guard reader.remainingByteCount > 0 else {
            plugin = "mysql_old_password"
            scramble = MySQLScramble([])
            return
        }
        plugin = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        scramble = MySQLScramble(reader.remainingBytes())
    }
}
