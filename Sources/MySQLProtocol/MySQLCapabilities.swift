/// What a side of a MySQL connection can do (MySQL source documentation, "Capabilities Flags").
///
/// A flag is in use if the server has offered it and the client has chosen it.
public struct MySQLCapabilities: OptionSet, Hashable, Sendable {
    /// The flags as they travel, the lower half first.
    public var rawValue: UInt32

    /// The flags in `rawValue`, unnamed ones included.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// CLIENT_MYSQL, once CLIENT_LONG_PASSWORD. MariaDB clears it to mark its own extensions
    /// (``MariaDBCapabilities``).
    public static let longPassword = Self(rawValue: 1 << 0)
    /// CLIENT_FOUND_ROWS: an UPDATE counts the rows it finds, not those it changes.
    public static let foundRows = Self(rawValue: 1 << 1)
    /// CLIENT_LONG_FLAG: column definitions have two bytes of flags.
    public static let longColumnFlags = Self(rawValue: 1 << 2)
    /// CLIENT_CONNECT_WITH_DB: the login names a database.
    public static let connectWithDatabase = Self(rawValue: 1 << 3)
    /// CLIENT_NO_SCHEMA: `database.table.column` is an error.
    public static let noSchema = Self(rawValue: 1 << 4)
    /// CLIENT_COMPRESS: packets travel in deflated frames after the login.
    public static let compression = Self(rawValue: 1 << 5)
    /// CLIENT_ODBC, without effect.
    public static let odbc = Self(rawValue: 1 << 6)
    /// CLIENT_LOCAL_FILES: LOAD DATA LOCAL.
    public static let localFiles = Self(rawValue: 1 << 7)
    /// CLIENT_IGNORE_SPACE: a function's name may be followed by spaces.
    public static let ignoreSpace = Self(rawValue: 1 << 8)
    /// CLIENT_PROTOCOL_41: the protocol of MySQL 4.1, the one that is spoken here.
    public static let protocol41 = Self(rawValue: 1 << 9)
    /// CLIENT_INTERACTIVE: a person types, and may take longer.
    public static let interactive = Self(rawValue: 1 << 10)
    /// CLIENT_SSL: the stream turns into TLS after the first 32 bytes of the login.
    public static let tls = Self(rawValue: 1 << 11)
    /// CLIENT_IGNORE_SIGPIPE, without effect on the wire.
    public static let ignoreSigpipe = Self(rawValue: 1 << 12)
    /// CLIENT_TRANSACTIONS: OK and EOF packets carry a status.
    public static let transactions = Self(rawValue: 1 << 13)
    /// CLIENT_RESERVED, of MySQL 4.1's alphas.
    public static let reserved = Self(rawValue: 1 << 14)
    /// CLIENT_SECURE_CONNECTION: scrambles of 20 bytes, their answer after a length byte.
    public static let secureConnection = Self(rawValue: 1 << 15)
    /// CLIENT_MULTI_STATEMENTS: several statements in one COM_QUERY.
    public static let multiStatements = Self(rawValue: 1 << 16)
    /// CLIENT_MULTI_RESULTS: several results to one COM_QUERY.
    public static let multiResults = Self(rawValue: 1 << 17)
    /// CLIENT_PS_MULTI_RESULTS: several results to one prepared statement.
    public static let preparedMultiResults = Self(rawValue: 1 << 18)
    /// CLIENT_PLUGIN_AUTH: greeting and login name an authentication plugin.
    public static let pluginAuthentication = Self(rawValue: 1 << 19)
    /// CLIENT_CONNECT_ATTRS: the login ends with the client's name, version and the like.
    public static let connectAttributes = Self(rawValue: 1 << 20)
    /// CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA: the answer to the scramble follows a length-encoded
    /// integer.
    public static let lengthEncodedAuthentication = Self(rawValue: 1 << 21)
    /// CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS: a login with an expired password may change it.
    public static let expiredPasswords = Self(rawValue: 1 << 22)
    /// CLIENT_SESSION_TRACK: OK packets carry changes of the session's state.
    public static let sessionTracking = Self(rawValue: 1 << 23)
    /// CLIENT_DEPRECATE_EOF: an OK packet ends a result set in place of an EOF packet.
    public static let deprecateEOF = Self(rawValue: 1 << 24)
    /// CLIENT_OPTIONAL_RESULTSET_METADATA: a result set may lack its column definitions.
    public static let optionalMetadata = Self(rawValue: 1 << 25)
    /// CLIENT_ZSTD_COMPRESSION_ALGORITHM: packets travel in zstd frames after the login.
    public static let zstdCompression = Self(rawValue: 1 << 26)
    /// CLIENT_QUERY_ATTRIBUTES: COM_QUERY and COM_STMT_EXECUTE start with attributes.
    public static let queryAttributes = Self(rawValue: 1 << 27)
    /// MULTI_FACTOR_AUTHENTICATION: a server may ask for a second and a third factor.
    public static let multiFactorAuthentication = Self(rawValue: 1 << 28)
    /// CLIENT_CAPABILITY_EXTENSION, reserved; once MariaDB's CLIENT_PROGRESS.
    public static let capabilityExtension = Self(rawValue: 1 << 29)
    /// CLIENT_SSL_VERIFY_SERVER_CERT, of no meaning to the server.
    public static let verifyServerCertificate = Self(rawValue: 1 << 30)
    /// CLIENT_REMEMBER_OPTIONS, of no meaning to the server.
    public static let rememberOptions = Self(rawValue: 1 << 31)

    /// What every login of protocol 4.1 with a named authentication plugin needs.
    public static let basicLogin: Self = [
        .longPassword, .protocol41, .secureConnection, .pluginAuthentication,
    ]
    /// Every form of compression.
    public static let compressions: Self = [.compression, .zstdCompression]

    /// In the order of their bits.
    private static let allNames = [
        "CLIENT_LONG_PASSWORD", "CLIENT_FOUND_ROWS", "CLIENT_LONG_FLAG", "CLIENT_CONNECT_WITH_DB",
        "CLIENT_NO_SCHEMA", "CLIENT_COMPRESS", "CLIENT_ODBC", "CLIENT_LOCAL_FILES",
        "CLIENT_IGNORE_SPACE", "CLIENT_PROTOCOL_41", "CLIENT_INTERACTIVE", "CLIENT_SSL",
        "CLIENT_IGNORE_SIGPIPE", "CLIENT_TRANSACTIONS", "CLIENT_RESERVED",
        "CLIENT_SECURE_CONNECTION", "CLIENT_MULTI_STATEMENTS", "CLIENT_MULTI_RESULTS",
        "CLIENT_PS_MULTI_RESULTS", "CLIENT_PLUGIN_AUTH", "CLIENT_CONNECT_ATTRS",
        "CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA", "CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS",
        "CLIENT_SESSION_TRACK", "CLIENT_DEPRECATE_EOF", "CLIENT_OPTIONAL_RESULTSET_METADATA",
        "CLIENT_ZSTD_COMPRESSION_ALGORITHM", "CLIENT_QUERY_ATTRIBUTES",
        "MULTI_FACTOR_AUTHENTICATION", "CLIENT_CAPABILITY_EXTENSION",
        "CLIENT_SSL_VERIFY_SERVER_CERT", "CLIENT_REMEMBER_OPTIONS",
    ]

    /// The flags' names as MySQL spells them, the lowest bit first.
    public var names: [String] {
        Self.allNames.indices.filter { rawValue & 1 << UInt32($0) != 0 }.map { Self.allNames[$0] }
    }
}

/// MariaDB's capabilities beyond MySQL's 32, in the last four of the bytes that MySQL reserves in
/// greetings and logins (MariaDB documentation, "Connection: Capabilities").
public struct MariaDBCapabilities: OptionSet, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// MARIADB_CLIENT_PROGRESS: progress reports within long statements.
    public static let progress = Self(rawValue: 1 << 0)
    /// MARIADB_CLIENT_COM_MULTI, abandoned.
    public static let multiCommand = Self(rawValue: 1 << 1)
    /// MARIADB_CLIENT_STMT_BULK_OPERATIONS: COM_STMT_BULK_EXECUTE.
    public static let bulkOperations = Self(rawValue: 1 << 2)
    /// MARIADB_CLIENT_EXTENDED_METADATA: column definitions with extended types.
    public static let extendedMetadata = Self(rawValue: 1 << 3)
    /// MARIADB_CLIENT_CACHE_METADATA: prepared statements send their columns once.
    public static let metadataCache = Self(rawValue: 1 << 4)
    /// MARIADB_CLIENT_BULK_UNIT_RESULTS: a result for each row of a bulk statement.
    public static let bulkUnitResults = Self(rawValue: 1 << 5)
}
