package import Addresses
package import MySQLProtocol
package import Policy

/// Turns a MySQL client away in the way that every client shows in full: greet, read its login,
/// answer with ERR.
///
/// An ERR in place of the greeting makes the `mariadb` client speak of a broken TLS handshake
/// instead. The greeting offers no TLS, so the answer needs no key; a client that insists on TLS
/// hangs up by itself. The login is counted, not kept: what it holds stays unread.
///
/// ```swift
/// var rejection = GreetingRejection(reason: .notInWhitelist, client: ip, connectionID: 7,
///     scramble: MySQLScramble(randomBytes))
/// write(rejection.begin())
/// if case .finished(let reply) = rejection.receive(received) { write(reply); close() }
/// ```
package struct GreetingRejection: Prologue, Equatable {
    /// The longest login that is waited for, in bytes: connection attributes may take 64 KiB.
    package static let loginLimit = 1 << 17
    /// Of no server in particular; clients refuse versions that they cannot parse.
    static let serverVersion = "8.0.0-sluice"

    private let error: MySQLErrorPacket
    private let connectionID: UInt32
    private let scramble: MySQLScramble
    private var header: [UInt8] = []
    private var payloadByteCount = 0

    /// - Parameter connectionID: what the client sees as the server's thread id.
    package init(
        reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32,
        scramble: MySQLScramble
    ) {
        error = MySQLErrorPacket(reason: reason, client: client, sqlState: "HY000")
        self.connectionID = connectionID
        self.scramble = scramble
    }

    package mutating func begin() -> [UInt8] {
        let greeting = MySQLGreeting(
            serverVersion: Self.serverVersion,
            connectionID: connectionID,
            scramble: scramble,
            capabilities: [.basicLogin, .connectWithDatabase, .lengthEncodedAuthentication]
        )
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    package mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        let headerCount = min(bytes.count, MySQLPacket.headerByteCount - header.count)
        for index in 0..<headerCount { header.append(bytes[index]) }
        guard let login = MySQLPacketHeader(header) else { return .more() }
        guard login.payloadByteCount <= Self.loginLimit else { return .left(isProbe: false) }
        payloadByteCount += bytes.count - headerCount
        guard payloadByteCount >= login.payloadByteCount else { return .more() }
        let reply = MySQLPacket(sequence: login.sequence &+ 1, payload: error.payload)
        return .finished(reply: reply.bytes)
    }

    package mutating func endOfStream() -> PrologueStep { .left(isProbe: false) }

    package mutating func deadlinePassed() -> PrologueStep { .left(isProbe: false) }
}
