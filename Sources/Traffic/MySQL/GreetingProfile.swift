public import MySQLProtocol

/// A kind of server that speaks MySQL's protocol. Drivers behave by it: a client that believes to
/// have found MySQL 8 sends MariaDB collations that it does not know.
public enum MySQLServerFamily: String, Hashable, Sendable, CaseIterable {
    case mysql, mariadb, doris

    /// The family of a server that greets with this version.
    public init(serverVersion: String) {
        let version = serverVersion.lowercased()
        if version.contains("mariadb") {
            self = .mariadb
        } else if version.hasPrefix("5.7.99") || version.contains("doris") {
            self = .doris
        } else {
            self = .mysql
        }
    }

    /// As people write it.
    public var title: String {
        switch self {
        case .mysql: "MySQL"
        case .mariadb: "MariaDB"
        case .doris: "Doris"
        }
    }
}

/// What the gateway greets MySQL clients with before it knows which backend they want: a version, and
/// the capabilities that all of the backends have.
///
/// What a client has chosen after the greeting cannot be taken back, so a profile never offers more
/// than the backends have.
public struct GreetingProfile: Hashable, Sendable {
    /// Starts with a number that drivers parse.
    public var serverVersion: String
    /// Without TLS, which is the listener's own, and without compression: packets are read after the
    /// login.
    public private(set) var capabilities: MySQLCapabilities
    /// A collation's number.
    public var characterSet: UInt8

    /// What the gateway never offers, whatever backends have.
    static let neverOffered: MySQLCapabilities = MySQLCapabilities.compressions.union([
        .tls, .multiFactorAuthentication, .capabilityExtension, .verifyServerCertificate,
        .rememberOptions,
    ])

    /// - Parameter capabilities: of the backends. What every login needs is added, and what the
    ///   gateway never offers is removed.
    public init(
        serverVersion: String,
        capabilities: MySQLCapabilities,
        characterSet: UInt8 = 45
    ) {
        self.serverVersion = serverVersion
        self.capabilities = capabilities.union(.basicLogin).subtracting(Self.neverOffered)
        self.characterSet = characterSet
    }

    /// What servers of the family have that need not be known more closely.
    public init(_ family: MySQLServerFamily) {
        switch family {
        case .mysql:
            self.init(serverVersion: "8.0.36", capabilities: .ofMySQL, characterSet: 255)
        case .mariadb:
            self.init(serverVersion: "5.5.5-10.11.0-MariaDB", capabilities: .ofMySQL)
        case .doris:
            self.init(serverVersion: "5.7.99", capabilities: .ofDoris, characterSet: 33)
        }
    }

    /// The capabilities that all of these servers have, and the lowest of their versions; `nil` if
    /// there are no greetings.
    public init?(greetings: some Sequence<MySQLGreeting>) {
        let greetings = Array(greetings)
        let oldest = greetings.min {
            ServerVersion($0.serverVersion) < ServerVersion($1.serverVersion)
        }
        guard let oldest else { return nil }
        self.init(
            serverVersion: oldest.serverVersion,
            capabilities: greetings.reduce(oldest.capabilities) {
                $0.intersection($1.capabilities)
            },
            characterSet: oldest.characterSet
        )
    }
}

extension MySQLCapabilities {
    /// MySQL since 5.7 and MariaDB since 10.2 have these.
    fileprivate static let ofMySQL: Self = [
        .longPassword, .foundRows, .longColumnFlags, .connectWithDatabase, .noSchema, .odbc,
        .localFiles, .ignoreSpace, .protocol41, .interactive, .ignoreSigpipe, .transactions,
        .reserved, .secureConnection, .multiStatements, .multiResults, .preparedMultiResults,
        .pluginAuthentication, .connectAttributes, .lengthEncodedAuthentication,
        .expiredPasswords, .sessionTracking, .deprecateEOF,
    ]

    /// The first set that Doris had (`MysqlCapability.DEFAULT_FLAGS`): later ones have more.
    fileprivate static let ofDoris: Self = [
        .longColumnFlags, .connectWithDatabase, .localFiles, .protocol41, .secureConnection,
        .pluginAuthentication,
    ]
}

/// The number at the start of a server's version, in order.
struct ServerVersion: Comparable {
    private let parts: [UInt32]

    init(_ text: String) {
        // MariaDB's mark, for replicas that know of no version 10 (MariaDB documentation).
        let mark = "5.5.5-"
        let number = text.hasPrefix(mark) ? text.dropFirst(mark.count) : text[...]
        let digits = number.utf8.prefix { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
        parts = digits.split(separator: UInt8(ascii: ".")).prefix(4).map {
            UInt32(String(decoding: $0, as: UTF8.self)) ?? .max
        }
    }

    static func < (left: Self, right: Self) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}
