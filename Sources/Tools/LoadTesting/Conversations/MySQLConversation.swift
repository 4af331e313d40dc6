package import MySQLClient
import MySQLProtocol

/// The queries of a MySQL run, and the account that runs them.
package struct MySQLExchange: Hashable, Sendable {
    package var user: String
    package var password: Password
    /// The default database; `nil` for none.
    package var database: String?
    /// One statement without parameters, sent as COM_QUERY.
    package var query: String
    /// How many queries a connection serves before it is closed; `nil` for no limit. With a limit, the
    /// first query's latency includes the connect and the login.
    package var queriesPerConnection: Int?
    /// Whether the password may be encrypted with the server's unauthenticated public key.
    package var trustsServerPublicKey: Bool

    package init(
        user: String,
        password: Password = Password(""),
        database: String? = nil,
        query: String = "SELECT 1",
        queriesPerConnection: Int? = nil,
        trustsServerPublicKey: Bool = false
    ) {
        self.user = user
        self.password = password
        self.database = database
        self.query = query
        self.queriesPerConnection = queriesPerConnection
        self.trustsServerPublicKey = trustsServerPublicKey
    }

    var account: MySQLAccount {
        MySQLAccount(
            user: user,
            password: password,
            database: database,
            trustsServerPublicKey: trustsServerPublicKey
        )
    }

    /// Why the queries cannot be run, with a remedy; `nil` if they can.
    package var problem: String? {
        if query.utf8.count >= 0xff_ffff - 1 { return "the query must be smaller than 16 MiB" }
        if query.isEmpty { return "the query must not be empty" }
        if ([user, database ?? ""]).contains(where: { $0.utf8.contains(0) }) {
            return "names must not contain a zero byte"
        }
        return queriesPerConnection.map { $0 < 1 } == true
            ? "use at least one query per connection" : nil
    }
}

/// A login, then queries one after another, each when the previous one is answered.
struct MySQLConversation: Conversation {
    private enum Phase { case login, idle, query }

    private let query: [UInt8]
    private var phase = Phase.login
    private var login: MySQLClientLogin
    /// Reads the login's packets, of 64 KiB at most.
    private var packets = MySQLPacketReader(limit: 65_536)
    private var answer = MySQLAnswerParser()

    init(_ exchange: MySQLExchange) {
        query = MySQLPacket.query(exchange.query).bytes
        login = MySQLClientLogin(exchange.account)
    }

    /// The server speaks first.
    mutating func open() -> Move { .wait }

    mutating func begin() -> Move {
        phase = .query
        answer.restart()
        return .send(Outgoing(query))
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        do {
            switch phase {
            case .login: return try receiveLogin(bytes)
            case .idle: throw MySQLWireError.excessBytes
            case .query: return try receiveAnswer(bytes)
            }
        } catch {
            // Another login would fail in the same way.
            let failure = Failure(
                .badResponse,
                "the server sent \(error)",
                isFatal: phase == .login
            )
            return .failed(failure)
        }
    }

    mutating func receiveEndOfStream() -> Move {
        switch phase {
        case .login: .failed(Failure(.closedEarly, "connection closed during the login"))
        case .idle: .close
        case .query:
            .failed(Failure(.closedEarly, "connection closed before the end of the answer"))
        }
    }

    var farewell: [UInt8] { MySQLPacket.quit.bytes }
}

extension MySQLConversation {
    private mutating func receiveAnswer(_ bytes: Span<UInt8>) throws(MySQLWireError) -> Move {
        let progress = try answer.receive(bytes)
        guard progress != .incomplete else { return .wait }
        phase = .idle
        guard case .refused(let error) = progress else { return .complete(reusable: true) }
        return .refused(Failure(error), reusable: true)
    }

    private mutating func receiveLogin(_ bytes: Span<UInt8>) throws -> Move {
        packets.append(bytes)
        // If a packet needs no reply, the next one may have arrived with it.
        while let packet = try packets.next() {
            switch try login.receive(packet.payload) {
            case .wait:
                continue
            case .send(let payload):
                return .send(Outgoing(packet.reply(payload).bytes))
            case .done:
                phase = .idle
                return .ready
            case .denied(let error):
                return .failed(Failure(error))
            }
        }
        return .wait
    }
}

extension Failure {
    /// In the server's own words.
    init(_ error: MySQLErrorPacket) {
        self.init(
            .serverError,
            error.summary,
            code: Int(error.code),
            isFatal: Self.repeatedErrors.contains(error.code)
        )
    }

    /// Errors that the same user, password and statement hit every time (MySQL, "Server Error
    /// Message Reference"; MariaDB, "MariaDB Error Codes"): wrong credentials, locked accounts,
    /// missing databases, tables and privileges, syntax. "Host not allowed" (1130) is not among
    /// them: a PROXY header with another client may not hit it.
    private static let repeatedErrors: Set<UInt16> = [
        1043, 1044, 1045, 1046, 1049, 1054, 1064, 1065, 1142, 1143, 1146, 1149, 1227, 1251, 1305,
        1370, 1524, 1698, 1820, 1862, 3118, 3159, 4151,
    ]
}
