public import Addresses
public import MySQLProtocol
public import Policy

/// MySQL: the server greets, and every packet has its length (MySQL Internals, "Protocol::Packet").
enum MySQLDescription: ProtocolDescription {
    static let nameWithArticle = "a MySQL"
    static let synonyms = ["mariadb", "doris", "starrocks"]
    static let firstSpeaker: RelaySide? = .backend
    static let framesMessages = true
    /// Most clients show an error in full only after a greeting.
    static let rejects: [Reject] = [.errorAfterGreeting, .error, .drop]

    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8] {
        let error = MySQLErrorPacket(reason: reason, client: client, sqlState: nil)
        return MySQLPacket(sequence: 0, payload: error.payload).bytes
    }

    static func error(
        for reason: DenialReason,
        client: IPAddress,
        sequence: UInt8
    ) -> [UInt8] {
        let error = MySQLErrorPacket(reason: reason, client: client, sqlState: "HY000")
        return MySQLPacket(sequence: sequence, payload: error.payload).bytes
    }

    static func errorDialogue(
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> (any Prologue)? {
        GreetingRejection(
            reason: reason,
            client: client,
            connectionID: connectionID,
            scramble: MySQLScramble((0..<20).map { _ in UInt8.random(in: 1...127) })
        )
    }

    static let healthQuestion: (any HealthQuestion.Type)? = MySQLHealthCheck.self
    static let standardHealthCheck = HealthCheck.mysql.kind
    static let countsBareConnects = true
}

extension MySQLErrorPacket {
    /// The error that informs `client` why it was denied: 1130, or 1040 for what may be temporary.
    ///
    /// - Parameter sqlState: `nil` before a greeting.
    public init(reason: DenialReason, client: IPAddress, sqlState: String?) {
        let code = reason.family == .access ? Self.hostNotPrivileged : Self.tooManyConnections
        self.init(code: code, sqlState: sqlState, message: reason.message(to: client))
    }
}

/// Denies a MySQL client in the way that every client shows in full: greet, read its login, answer
/// with ERR.
///
/// An ERR in place of the greeting makes the `mariadb` client report a broken TLS handshake instead.
/// The greeting offers no TLS, so the answer needs no key; a client that requires TLS disconnects by
/// itself. The login is counted, not kept: its content is never read.
///
/// ```swift
/// var rejection = GreetingRejection(reason: .notInWhitelist, client: ip, connectionID: 7,
///     scramble: MySQLScramble(randomBytes))
/// write(rejection.begin())
/// if case .finished(let reply) = rejection.receive(received) { write(reply); close() }
/// ```
public struct GreetingRejection: Prologue, Equatable {
    /// The longest login that is accepted, in bytes: connection attributes may take 64 KiB.
    public static let loginLimit = 1 << 17
    /// Not that of any particular server; clients refuse versions that they cannot parse.
    static let serverVersion = "8.0.0-sluice"

    private let error: MySQLErrorPacket
    private let connectionID: UInt32
    private let scramble: MySQLScramble
    private var header = MySQLPacketHeader.Collector()
    private var login: MySQLPacketHeader?
    private var payloadByteCount = 0

    /// - Parameter connectionID: what the client sees as the server's thread id.
    public init(
        reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32,
        scramble: MySQLScramble
    ) {
        error = MySQLErrorPacket(reason: reason, client: client, sqlState: "HY000")
        self.connectionID = connectionID
        self.scramble = scramble
    }

    public mutating func begin() -> [UInt8] {
        let greeting = MySQLGreeting(
            serverVersion: Self.serverVersion,
            connectionID: connectionID,
            scramble: scramble,
            capabilities: [.basicLogin, .connectWithDatabase, .lengthEncodedAuthentication]
        )
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        var position = 0
        if login == nil { login = header.next(of: bytes, from: &position) }
        guard let login else { return .more() }
        guard login.payloadByteCount <= Self.loginLimit else { return .left(isProbe: false) }
        payloadByteCount += bytes.count - position
        guard payloadByteCount >= login.payloadByteCount else { return .more() }
        let reply = MySQLPacket(sequence: login.sequence &+ 1, payload: error.payload)
        return .finished(reply: reply.bytes)
    }

    public mutating func endOfStream() -> PrologueStep { .left(isProbe: false) }

    public mutating func deadlinePassed() -> PrologueStep { .left(isProbe: false) }
}
