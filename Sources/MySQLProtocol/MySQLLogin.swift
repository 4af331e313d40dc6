/// A client's answer to the greeting
/// (MySQL source documentation, "Protocol::HandshakeResponse41").
public struct MySQLLogin: Hashable, Sendable {
    /// The bytes before the user: flags, sizes, and 23 that are reserved.
    public static let fixedByteCount = 32
    /// How many bytes are reserved. MariaDB's clients use the last four (``MariaDBCapabilities``).
    public static let reservedByteCount = 23

    /// What the client supports; determines which fields follow.
    public var capabilities: MySQLCapabilities
    /// The longest packet that the client accepts, in bytes; 0 if unspecified.
    public var maximumPacketByteCount: UInt32 = 0
    /// A collation's number; 45 is `utf8mb4_general_ci`.
    public var characterSet: UInt8 = 45
    /// Exactly ``reservedByteCount`` bytes.
    public var reserved = [UInt8](repeating: 0, count: reservedByteCount)
    /// The user who logs in, in the client's character set, without a zero byte.
    public var userBytes: [UInt8]
    /// The scrambled password; empty for none. Never logged.
    public var authentication: [UInt8] = []
    /// What to use from the start, in the client's character set; sent if the capabilities have
    /// `connectWithDatabase`.
    public var databaseBytes: [UInt8]?
    /// The plugin that made ``authentication``; `nil` if unspecified.
    public var plugin: String?
    /// The connection attributes as they travel, without their length; sent if the capabilities have
    /// `connectAttributes`.
    public var attributes: [UInt8] = []
    /// The level of compression; sent if the capabilities have `zstdCompression`.
    public var zstdLevel: UInt8?

    /// A login of protocol 4.1 without TLS, password or database.
    public init(user: String) {
        capabilities = .basicLogin
        userBytes = Array(user.utf8)
        plugin = MySQLScramble.nativePassword
    }

    /// The user as text.
    public var user: String {
        get { String(decoding: userBytes, as: UTF8.self) }
        set { userBytes = Array(newValue.utf8) }
    }

    /// The database as text.
    public var database: String? {
        get { databaseBytes.map { String(decoding: $0, as: UTF8.self) } }
        set { databaseBytes = newValue.map { Array($0.utf8) } }
    }

    /// The payload; the first login is sent with sequence number 1.
    public var payload: [UInt8] {
        var payload: [UInt8] = []
        payload.appendLittleEndian(capabilities.rawValue, byteCount: 4)
        payload.appendLittleEndian(maximumPacketByteCount, byteCount: 4)
        payload.append(characterSet)
        payload += reserved
        payload.appendNullTerminated(userBytes)
        appendAuthentication(to: &payload)
        if capabilities.contains(.connectWithDatabase) {
            payload.appendNullTerminated(databaseBytes ?? [])
        }
        if capabilities.contains(.pluginAuthentication) {
            payload.appendNullTerminated(plugin ?? "")
        }
        if capabilities.contains(.connectAttributes) { payload.appendLengthEncoded(attributes) }
        if capabilities.contains(.zstdCompression) { payload.append(zstdLevel ?? 3) }
        return payload
    }

    private func appendAuthentication(to payload: inout [UInt8]) {
        if capabilities.contains(.lengthEncodedAuthentication) {
            payload.appendLengthEncoded(authentication)
        } else if capabilities.contains(.secureConnection) {
            payload.append(UInt8(clamping: authentication.count))
            payload += authentication.prefix(255)
        } else {
            payload.appendNullTerminated(authentication)
        }
    }
}

extension MySQLLogin {
    /// Reads a login's payload. Bytes after its fields are ignored.
    public init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        let flags = try reader.littleEndian(byteCount: 4)
        capabilities = MySQLCapabilities(rawValue: UInt32(truncatingIfNeeded: flags))
        guard capabilities.contains(.protocol41) else { throw .obsoleteLogin }
        let maximum = try reader.littleEndian(byteCount: 4)
        maximumPacketByteCount = UInt32(truncatingIfNeeded: maximum)
        characterSet = try reader.byte()
        reserved = Array(try reader.bytes(count: Self.reservedByteCount))
        userBytes = Array(try reader.nullTerminated())
        authentication = try Self.authentication(&reader, capabilities)
        // Clients omit trailing fields that are empty.
        if capabilities.contains(.connectWithDatabase), reader.remainingByteCount > 0 {
            databaseBytes = Array(try reader.nullTerminated())
        }
        if capabilities.contains(.pluginAuthentication), reader.remainingByteCount > 0 {
            plugin = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        }
        if capabilities.contains(.connectAttributes), reader.remainingByteCount > 0 {
            attributes = Array(try reader.lengthEncodedBytes())
        }
        if capabilities.contains(.zstdCompression), reader.remainingByteCount > 0 {
            zstdLevel = try reader.byte()
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

    /// The value of the first connection attribute with this name; `nil` if there is none, or if the
    /// attributes are malformed before it.
    public func attribute(named name: String) -> [UInt8]? {
        var reader = MySQLPayloadReader(attributes)
        while reader.remainingByteCount > 0 {
            // `try?`: malformed attributes name nothing; the server judges them itself.
            guard let key = try? reader.lengthEncodedBytes(),
                let value = try? reader.lengthEncodedBytes()
            else { return nil }
            if key.elementsEqual(name.utf8) { return Array(value) }
        }
        return nil
    }
}

/// A client's request to continue in TLS: the beginning of a login
/// (MySQL source documentation, "Protocol::SSLRequest").
public struct MySQLTLSRequest: Hashable, Sendable {
    /// The payload's length. A login is longer.
    public static let byteCount = MySQLLogin.fixedByteCount

    public var capabilities: MySQLCapabilities
    /// The longest packet that the client accepts, in bytes; 0 if unspecified.
    public var maximumPacketByteCount: UInt32
    /// A collation's number.
    public var characterSet: UInt8

    /// The request before `login`, which then is sent in TLS.
    public init(before login: MySQLLogin) {
        capabilities = login.capabilities.union(.tls)
        maximumPacketByteCount = login.maximumPacketByteCount
        characterSet = login.characterSet
    }

    /// Reads a request; `nil` if the payload is another packet's.
    public init?(payload: [UInt8]) {
        guard payload.count == Self.byteCount else { return nil }
        var reader = MySQLPayloadReader(payload)
        // `try?`: the payload is long enough.
        guard let flags = try? reader.littleEndian(byteCount: 4),
            let maximum = try? reader.littleEndian(byteCount: 4), let set = try? reader.byte()
        else { return nil }
        capabilities = MySQLCapabilities(rawValue: UInt32(truncatingIfNeeded: flags))
        maximumPacketByteCount = UInt32(truncatingIfNeeded: maximum)
        characterSet = set
        guard capabilities.isSuperset(of: [.tls, .protocol41]) else { return nil }
    }

    public var payload: [UInt8] {
        var payload: [UInt8] = []
        payload.appendLittleEndian(capabilities.rawValue, byteCount: 4)
        payload.appendLittleEndian(maximumPacketByteCount, byteCount: 4)
        payload.append(characterSet)
        return payload + [UInt8](repeating: 0, count: MySQLLogin.reservedByteCount)
    }
}
