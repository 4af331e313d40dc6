/// A server's request to authenticate with another plugin
/// (MySQL source documentation, "Protocol::AuthSwitchRequest").
public struct MySQLAuthenticationSwitch: Hashable, Sendable {
    /// The first byte of the payload.
    public static let mark: UInt8 = 0xfe

    public var plugin: String
    /// What the plugin needs, as sent: 20 bytes and a zero for `mysql_native_password`, 32 bytes
    /// without one for `client_ed25519`, anything for others.
    public var data: [UInt8]

    public init(plugin: String, scramble: MySQLScramble) {
        self.plugin = plugin
        data = scramble.bytes + [0]
    }

    /// To be mixed with the password by the rule of ``plugin``, if that wants 20 bytes.
    public var scramble: MySQLScramble {
        get { MySQLScramble(data) }
        set { data = newValue.bytes + [0] }
    }

    public var payload: [UInt8] {
        var payload = [Self.mark]
        payload.appendNullTerminated(plugin)
        return payload + data
    }

    /// Reads a request's payload. One without a name is from before MySQL 4.1, and asks for
    /// `mysql_old_password`.
    public init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        guard try reader.byte() == Self.mark else { throw .truncated }
        guard reader.remainingByteCount > 0 else {
            plugin = "mysql_old_password"
            data = []
            return
        }
        plugin = String(decoding: try reader.nullTerminated(), as: UTF8.self)
        data = Array(reader.remainingBytes())
    }
}

/// What a server sends to a plugin on the client's side, in the middle of an authentication
/// (MySQL source documentation, "Protocol::AuthMoreData").
public struct MySQLMoreData: Hashable, Sendable {
    /// The first byte of the payload.
    public static let mark: UInt8 = 0x01
    /// `caching_sha2_password`: the answer was right, and an OK follows.
    public static let fastPathSucceeded: [UInt8] = [3]
    /// `caching_sha2_password`: the server has to see the password itself.
    public static let passwordRequired: [UInt8] = [4]

    public var data: [UInt8]

    public init(_ data: [UInt8]) {
        self.data = data
    }

    public var payload: [UInt8] { [Self.mark] + data }

    /// Reads the payload; `nil` if it is another packet's.
    public init?(payload: [UInt8]) {
        guard payload.first == Self.mark else { return nil }
        data = Array(payload.dropFirst())
    }
}

/// An OK packet without rows, message or changes of the session
/// (MySQL source documentation, "OK_Packet").
public enum MySQLOKPacket {
    /// The first byte of the payload.
    public static let mark: UInt8 = 0x00

    /// For protocol 4.1, with the status AUTOCOMMIT: no affected row, inserted id or warning.
    public static let payload: [UInt8] = [mark, 0, 0, 2, 0, 0, 0]
}

/// How a password is sent to a server that has a key, and how one is received that was encrypted for
/// the gateway's: RSAES-OAEP with SHA-1 (RFC 8017 §7.1), as `sha256_password` and
/// `caching_sha2_password` use it.
public protocol PasswordCipher: Sendable {
    /// The public half of the gateway's own key, in PEM.
    var publicKeyPEM: [UInt8] { get }
    /// Encrypts for the holder of this key; `nil` if the key is invalid, or too short for `bytes`.
    func encrypt(_ bytes: [UInt8], publicKeyPEM: [UInt8]) -> [UInt8]?
    /// Decrypts what was encrypted with ``publicKeyPEM``; `nil` for anything else.
    func decrypt(_ bytes: [UInt8]) -> [UInt8]?
}

extension [UInt8] {
    /// Overwrites a secret. Copies that were made of it are not reached.
    // Not inlined: the stores would be removed as having no effect.
    @inline(never)
    public mutating func wipe() {
        for index in indices { self[index] = 0 }
    }
}
