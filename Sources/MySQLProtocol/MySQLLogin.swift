/// A client's answer to the greeting
/// (MySQL internals manual, "Protocol::HandshakeResponse41").
package struct MySQLLogin: Hashable, Sendable {
    /// What the client can do; says which fields follow.
    package var capabilities: MySQLCapabilities
    /// The longest packet that the client will take, in bytes; 0 where it does not say.
    package var maximumPacketByteCount: UInt32 = 0
    /// A collation's number; 45 is `utf8mb4_general_ci`.
    package var characterSet: UInt8 = 45
    /// Who wants to log in.
    package var user: String
    /// The scrambled password; empty for none. Never logged.
    package var authentication: [UInt8] = []
    /// What to use from the start; sent where the capabilities have `connectWithDatabase`.
    package var database: String?
    /// The plugin that made ``authentication``; `nil` where the client does not say.
    package var plugin: String?

    /// A login of protocol 4.1 without TLS, password and database.
    package init(user: String) {
        capabilities = .basicLogin
        self.user = user
        plugin = MySQLScramble.nativePassword
    }

    /// The payload; the first login travels with sequence number 1.
    package var payload: [UInt8] {
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
    /// Reads a login's payload. Connection attributes behind it are not looked at.
    package init(payload: [UInt8]) throws(MySQLWireError) {
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

    /// The answer to the scramble, whose form depends on what the client said it can do.
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
