/// What a side of a MySQL connection can do (MySQL internals manual, "Capability Flags").
///
/// Only the flags that change what is read or written here are named.
package struct MySQLCapabilities: OptionSet, Hashable, Sendable {
    /// The flags as they travel, the lower half first.
    package var rawValue: UInt32

    /// The flags in `rawValue`, unnamed ones included.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// CLIENT_MYSQL, once CLIENT_LONG_PASSWORD. MariaDB clears it to mark its own extensions.
    package static let longPassword = Self(rawValue: 1 << 0)
    /// CLIENT_LONG_FLAG: column definitions have two bytes of flags.
    package static let longColumnFlags = Self(rawValue: 1 << 2)
    /// The login names a database.
    package static let connectWithDatabase = Self(rawValue: 1 << 3)
    /// CLIENT_PROTOCOL_41: the protocol of MySQL 4.1, the one that is spoken here.
    package static let protocol41 = Self(rawValue: 1 << 9)
    /// The stream turns into TLS after the first 32 bytes of the login.
    package static let tls = Self(rawValue: 1 << 11)
    /// CLIENT_TRANSACTIONS: OK and EOF packets carry a status.
    package static let transactions = Self(rawValue: 1 << 13)
    /// CLIENT_SECURE_CONNECTION: scrambles of 20 bytes, their answer behind a length byte.
    package static let secureConnection = Self(rawValue: 1 << 15)
    /// CLIENT_PLUGIN_AUTH: greeting and login name an authentication plugin.
    package static let pluginAuthentication = Self(rawValue: 1 << 19)
    /// CLIENT_CONNECT_ATTRS: the login ends with the client's name, version and the like.
    package static let connectAttributes = Self(rawValue: 1 << 20)
    /// The answer to the scramble stands behind a length-encoded integer.
    package static let lengthEncodedAuthentication = Self(rawValue: 1 << 21)
    /// An OK packet ends a result set in place of an EOF packet.
    package static let deprecateEOF = Self(rawValue: 1 << 24)

    /// What every login of protocol 4.1 with a named authentication plugin needs.
    package static let basicLogin: Self = [
        .longPassword, .protocol41, .secureConnection, .pluginAuthentication,
    ]
}
