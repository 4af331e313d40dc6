/// Asks a MySQL server whether it serves, without making it block us.
///
/// MySQL and MariaDB count a source's broken handshakes and at `max_connect_errors` (100) refuse it
/// with error 1129 until `FLUSH HOSTS`: a gateway that only looks at the greeting and hangs up
/// locks out every client behind it. Measured with MariaDB 10.11.19 and `max_connect_errors=1`, by
/// `performance_schema.host_cache`:
///
/// | after the greeting | `SUM_CONNECT_ERRORS` | the next connection |
/// |---|---|---|
/// | FIN or RST | 1 | ERR 1129 |
/// | COM_QUIT with sequence 0 or 1 | 1 | ERR 1129 |
/// | SSLRequest, then FIN | 1 | ERR 1129 |
/// | a login of an unknown user, answered by ERR 1045 | 0 | greeted |
/// | a login of a user without password, answered by OK | 0 | greeted |
///
/// Only a finished handshake leaves no trace in the count, and one that ends in "access denied" is
/// finished. So this check logs in as ``user``, without a password, and takes an answer of any kind
/// for health. The user need not exist; one that does (`CREATE USER sluice_health`, no grants) keeps
/// the server's log and its `Aborted_connects` quiet too.
///
/// A server that answers with an ERR in place of the greeting is unhealthy, in its own words.
public struct MySQLHealthCheck: Equatable, Sendable {
    private enum State: Equatable { case awaitingGreeting, awaitingVerdict }

    /// Who logs in. It needs no rights and no password, nor to exist.
    public static let user = "sluice_health"
    /// The longest payload that is taken from a server, in bytes.
    static let payloadLimit = 4096
    /// Errors after a login that mean "not now", to everybody.
    private static let outages: Set<UInt16> = [
        MySQLErrorPacket.tooManyConnections, MySQLErrorPacket.serverShutdown,
        MySQLErrorPacket.hostBlocked, MySQLErrorPacket.hostNotPrivileged,
    ]

    private var state = State.awaitingGreeting
    private var received: [UInt8] = []

    /// A check that has seen nothing.
    public init() {}

    /// Takes what the server sent, in pieces of any size.
    public mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep {
        received += bytes
        do {
            let decoding = try MySQLPacket.decode(received, limit: Self.payloadLimit)
            guard case .complete(let packet, let byteCount) = decoding else { return .wait }
            received.removeFirst(byteCount)
            return try handle(packet)
        } catch {
            return .unhealthy(reason: "sent \(error)")
        }
    }

    /// Takes the end of what the server sends.
    ///
    /// A server that has greeted serves, even if it ends a failed login without a word.
    public func receiveEndOfStream() -> HealthProbeStep {
        switch state {
        case .awaitingGreeting: .unhealthy(reason: "closed the connection before its greeting")
        case .awaitingVerdict: .healthy(farewell: [])
        }
    }

    private mutating func handle(_ packet: MySQLPacket) throws(MySQLWireError) -> HealthProbeStep {
        switch state {
        case .awaitingGreeting: try handleGreeting(packet)
        case .awaitingVerdict: handleVerdict(packet)
        }
    }

    private mutating func handleGreeting(
        _ packet: MySQLPacket
    ) throws(MySQLWireError) -> HealthProbeStep {
        if let refusal = MySQLErrorPacket(payload: packet.payload) { return .unhealthy(refusal) }
        _ = try MySQLGreeting(payload: packet.payload)
        state = .awaitingVerdict
        return .send(reply(to: packet, MySQLLogin(user: Self.user).payload))
    }

    /// The login's answer: ERR, OK, or the wish for another authentication plugin (`FE`), which the
    /// empty password answers with an empty packet whatever the plugin.
    private func handleVerdict(_ packet: MySQLPacket) -> HealthProbeStep {
        if let error = MySQLErrorPacket(payload: packet.payload) {
            return Self.outages.contains(error.code) ? .unhealthy(error) : .healthy(farewell: [])
        }
        switch packet.payload.first {
        case 0xfe: return .send(reply(to: packet, []))
        default: return .healthy(farewell: MySQLPacket(sequence: 0, payload: [0x01]).bytes)
        }
    }

    private func reply(to packet: MySQLPacket, _ payload: [UInt8]) -> [UInt8] {
        MySQLPacket(sequence: packet.sequence &+ 1, payload: payload).bytes
    }
}

extension HealthProbeStep {
    /// Unhealthy, in the server's own words, cut to one line of at most 200 characters.
    fileprivate static func unhealthy(_ error: MySQLErrorPacket) -> Self {
        let words = error.message.prefix(200).map { $0.isNewline || $0 == "\0" ? " " : $0 }
        return .unhealthy(reason: "MySQL error \(error.code): \(String(words))")
    }
}
