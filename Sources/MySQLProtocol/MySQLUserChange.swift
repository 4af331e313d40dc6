/// A client's request to log in again within its session
/// (MySQL source documentation, "COM_CHANGE_USER").
public struct MySQLUserChange: Hashable, Sendable {
    /// In the client's character set, without a zero byte.
    public var userBytes: [UInt8]
    /// The scrambled password; empty for none. Never logged.
    public var authentication: [UInt8]
    /// Empty for none.
    public var databaseBytes: [UInt8]
    /// The number of a collation in two bytes; empty if nothing more was sent.
    public var collation: [UInt8]
    /// The plugin that made ``authentication``; `nil` if unspecified.
    public var plugin: String?
    /// The connection attributes, as sent.
    public var rest: [UInt8]

    /// The payload; its packet has the number 0.
    public var payload: [UInt8] {
        var payload = [MySQLCommand.changeUser]
        payload.appendNullTerminated(userBytes)
        payload.append(UInt8(clamping: authentication.count))
        payload += authentication.prefix(255)
        payload.appendNullTerminated(databaseBytes)
        payload += collation
        if let plugin { payload.appendNullTerminated(plugin) }
        return payload + rest
    }

    /// Reads a payload of a client whose capabilities have `secureConnection` and
    /// `pluginAuthentication`.
    public init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        guard try reader.byte() == MySQLCommand.changeUser else { throw .truncated }
        userBytes = Array(try reader.nullTerminated())
        authentication = Array(try reader.bytes(count: Int(try reader.byte())))
        databaseBytes = Array(try reader.nullTerminated())
        // Clients omit trailing fields that are empty.
        collation = reader.remainingByteCount > 0 ? Array(try reader.bytes(count: 2)) : []
        if reader.remainingByteCount > 0 {
            plugin = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        }
        rest = Array(reader.remainingBytes())
    }
}
