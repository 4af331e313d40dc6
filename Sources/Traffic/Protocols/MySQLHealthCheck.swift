import MySQLProtocol

/// Asks a MySQL server whether it serves, without making it block us.
///
/// MySQL and MariaDB count a source's broken handshakes and at `max_connect_errors` (100) refuse it
/// with error 1129 until `FLUSH HOSTS`: a gateway that only looks at the greeting and hangs up
/// locks out every client behind it. Measured with MariaDB 10.11.19 and `max_connect_errors=1`, by
/// `performance_schema.host_cache` and the server's log:
///
/// | after the greeting | `SUM_CONNECT_ERRORS` | the next connection | in the server's log |
/// |---|---|---|---|
/// | FIN or RST | 1 | ERR 1129 | Aborted connection |
/// | COM_QUIT with sequence 0 or 1 | 1 | ERR 1129 | Aborted connection |
/// | SSLRequest, then FIN | 1 | ERR 1129 | Aborted connection |
/// | a login of an unknown user, answered by ERR 1045 | 0 | greeted | Access denied |
/// | a login of a user without password, answered by OK, then COM_QUIT | 0 | greeted | nothing |
/// | a PROXY header that the server refuses (ERR 1130) | 0 | greeted | Aborted connection |
///
/// Only a finished handshake leaves no trace in the count, and one that ends in "access denied" is
/// finished. So this check logs in, without a password, and takes an answer of any kind for health.
/// The user need not exist; one that does (`CREATE USER sluice_health`, no grants) keeps the
/// server's log and its `Aborted_connects` quiet too.
///
/// A server that answers with an ERR in place of the greeting is unhealthy, in its own words; and so
/// is one that refuses the PROXY header that the gateway sends before all else, for it would refuse
/// every client's.
package struct MySQLHealthCheck: HealthProbe, Equatable {
    private enum State: Equatable { case awaitingGreeting, awaitingVerdict }

    /// Who logs in where the configuration names nobody. It needs no rights and no password, nor to
    /// exist.
    package static let standardUser = "sluice_health"
    /// The longest payload that is taken from a server, in bytes.
    static let payloadLimit = 4096
    /// Errors after a login that mean "not now", to everybody.
    private static let outages: Set<UInt16> = [
        MySQLErrorPacket.tooManyConnections, MySQLErrorPacket.serverShutdown,
        MySQLErrorPacket.hostBlocked, MySQLErrorPacket.hostNotPrivileged,
    ]
    /// What a server makes of a PROXY header that it takes for a MySQL packet.
    private static let misreadings: Set<UInt16> = [
        MySQLErrorPacket.badHandshake, MySQLErrorPacket.packetTooLarge,
        MySQLErrorPacket.packetsOutOfOrder,
    ]

    private let user: String
    private let sendsProxyHeader: Bool
    private var state = State.awaitingGreeting
    private var received: [UInt8] = []

    /// A check that has seen nothing.
    ///
    /// - Parameter sendsProxyHeader: whether a PROXY header goes out first.
    package init(user: String = standardUser, sendsProxyHeader: Bool = false) {
        self.user = user
        self.sendsProxyHeader = sendsProxyHeader
    }

    /// The server speaks first.
    package var opening: HealthProbeStep { .wait }

    package mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep {
        received += bytes
        var step = HealthProbeStep.wait
        do {
            while let packet = try takePacket() {
                step = try handle(packet)
                // A server that refuses our header says so right behind its greeting: then that
                // counts, and not what we would have answered.
                guard case .send = step, !received.isEmpty else { return step }
            }
            return step
        } catch {
            return .unhealthy(reason: "sent \(error)")
        }
    }

    /// Takes the end of what the server sends.
    ///
    /// A server that has greeted serves, even if it ends a failed login without a word; but not one
    /// that has got a PROXY header, whose end is its way to refuse that.
    package func receiveEndOfStream() -> HealthProbeStep {
        switch state {
        case .awaitingGreeting:
            ended("closed the connection before its greeting")
        case .awaitingVerdict where sendsProxyHeader:
            ended("closed the connection after its greeting")
        case .awaitingVerdict:
            .healthy(farewell: [])
        }
    }

    private func ended(_ words: String) -> HealthProbeStep {
        .unhealthy(reason: sendsProxyHeader ? ProxyHeaderRefusal.possible(words) : words)
    }

    private mutating func takePacket() throws(MySQLWireError) -> MySQLPacket? {
        let decoding = try MySQLPacket.decode(received, limit: Self.payloadLimit)
        guard case .complete(let packet, let byteCount) = decoding else { return nil }
        received.removeFirst(byteCount)
        return packet
    }

    private mutating func handle(_ packet: MySQLPacket) throws(MySQLWireError) -> HealthProbeStep {
        if let error = MySQLErrorPacket(payload: packet.payload) {
            return handleError(error, sequence: packet.sequence)
        }
        switch state {
        case .awaitingGreeting: return try handleGreeting(packet)
        case .awaitingVerdict: return handleVerdict(packet)
        }
    }

    /// The answer to a login has the sequence number 2; an error before has another reason.
    private func handleError(_ error: MySQLErrorPacket, sequence: UInt8) -> HealthProbeStep {
        let isAnswerToLogin = state == .awaitingVerdict && sequence > 1
        let isMisreading = Self.misreadings.contains(error.code)
        if sendsProxyHeader, isMisreading || state == .awaitingVerdict && !isAnswerToLogin {
            return .unhealthy(reason: ProxyHeaderRefusal.certain(error.words))
        }
        let isOutage = Self.outages.contains(error.code)
        return isAnswerToLogin && !isOutage
            ? .healthy(farewell: []) : .unhealthy(reason: error.words)
    }

    private mutating func handleGreeting(
        _ packet: MySQLPacket
    ) throws(MySQLWireError) -> HealthProbeStep {
        _ = try MySQLGreeting(payload: packet.payload)
        state = .awaitingVerdict
        return .send(reply(to: packet, MySQLLogin(user: user).payload))
    }

    /// The login's answer: OK, or the wish for another authentication plugin (`FE`), which the empty
    /// password answers with an empty packet whatever the plugin.
    private func handleVerdict(_ packet: MySQLPacket) -> HealthProbeStep {
        switch packet.payload.first {
        case 0xfe: .send(reply(to: packet, []))
        default: .healthy(farewell: MySQLPacket(sequence: 0, payload: [0x01]).bytes)
        }
    }

    private func reply(to packet: MySQLPacket, _ payload: [UInt8]) -> [UInt8] {
        MySQLPacket(sequence: packet.sequence &+ 1, payload: payload).bytes
    }
}

extension MySQLErrorPacket {
    /// The server's own words, cut to one line of at most 200 characters.
    fileprivate var words: String {
        let line = message.prefix(200).map { $0.isNewline || $0 == "\0" ? " " : $0 }
        return "MySQL error \(code): \(String(line))"
    }
}

extension MySQLHealthCheck: HealthQuestion {
    package typealias Parameter = DatabaseUserName

    package static let parameterKey = "user"
    package static let standardParameter = standardUser

    package init(_ parameter: String, of backend: ProbedBackend) {
        self.init(user: parameter, sendsProxyHeader: backend.receivesProxyHeader)
    }
}
