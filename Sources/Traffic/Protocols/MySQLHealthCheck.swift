public import MySQLProtocol

/// Checks whether a MySQL server is serving, without making it block us.
///
/// MySQL and MariaDB count a source's broken handshakes and at `max_connect_errors` (100) refuse it
/// with error 1129 until `FLUSH HOSTS`: a gateway that only looks at the greeting and hangs up
/// locks out all of its clients. Measured with MariaDB 10.11.19 and `max_connect_errors=1`, by
/// `performance_schema.host_cache` and the server's log:
///
/// | after the greeting | `SUM_CONNECT_ERRORS` | the next connection | in the server's log |
/// |---|---|---|---|
/// | FIN or RST | 1 | ERR 1129 | Aborted connection |
/// | COM_QUIT with sequence 0 or 1 | 1 | ERR 1129 | Aborted connection |
/// | SSLRequest, then FIN | 1 | ERR 1129 | Aborted connection |
/// | a login of an unknown user, answered with ERR 1045 | 0 | greeted | Access denied |
/// | a login of a user without password, answered with OK, then COM_QUIT | 0 | greeted | nothing |
/// | a PROXY header that the server refuses (ERR 1130) | 0 | greeted | Aborted connection |
///
/// Only a completed handshake does not count, and one that ends in "access denied" is complete. So
/// this check logs in, without a password, and accepts any answer as healthy. The user need not
/// exist; one that does (`CREATE USER sluice_health`, no grants) keeps the server's log and its
/// `Aborted_connects` clean too.
///
/// A server that answers with an ERR in place of the greeting is unhealthy, in its own words. So is
/// one that refuses the PROXY header that the gateway sends first: it would refuse every client's.
///
/// A server that is reached over TLS is logged in to in TLS, and is unhealthy if it offers none.
public struct MySQLHealthCheck: HealthProbe, Equatable {
    private enum State: Equatable { case awaitingGreeting, securing, awaitingVerdict }

    /// The default user. It needs no privileges and no password, and need not exist.
    public static let standardUser = "sluice_health"
    /// The longest payload that is accepted from a server, in bytes.
    static let payloadLimit = 4096
    /// Errors after a login that apply to every client.
    private static let outages: Set<UInt16> = [
        MySQLErrorPacket.tooManyConnections, MySQLErrorPacket.serverShutdown,
        MySQLErrorPacket.hostBlocked, MySQLErrorPacket.hostNotPrivileged,
    ]
    /// How a server reacts to a PROXY header that it mistakes for a MySQL packet.
    private static let misreadings: Set<UInt16> = [
        MySQLErrorPacket.badHandshake, MySQLErrorPacket.packetTooLarge,
        MySQLErrorPacket.packetsOutOfOrder,
    ]

    private let user: String
    private let sendsProxyHeader: Bool
    private let usesTLS: Bool
    /// Makes a server that completes the login unhealthy.
    private var fault: String?
    /// What the server has greeted with, from which a listener's own greeting is made
    /// (``GreetingProfile``).
    public private(set) var greeting: MySQLGreeting?
    private var state = State.awaitingGreeting
    /// Whether the server has asked for another plugin, as it may once.
    private var hasSwitched = false
    private var reader = MySQLPacketReader(limit: payloadLimit)

    /// - Parameter sendsProxyHeader: whether a PROXY header is sent first.
    public init(
        user: String = standardUser,
        sendsProxyHeader: Bool = false,
        usesTLS: Bool = false
    ) {
        self.user = user
        self.sendsProxyHeader = sendsProxyHeader
        self.usesTLS = usesTLS
    }

    /// The server speaks first.
    public var opening: HealthProbeStep { .wait }

    public mutating func receive(_ bytes: Span<UInt8>) -> HealthProbeStep {
        reader.append(bytes)
        var step = HealthProbeStep.wait
        do {
            while let packet = try reader.next() {
                step = try handle(packet)
                // A server that refuses our header says so right after its greeting: that counts,
                // not what we would have answered.
                guard case .send = step, !reader.isEmpty else { return step }
            }
            return step
        } catch {
            return .unhealthy(reason: "sent \(error)")
        }
    }

    /// The server's stream has ended.
    ///
    /// A server that has greeted is serving, even if it closes after a failed login without an
    /// answer; but one that was sent a PROXY header refuses that header by closing.
    public func receiveEndOfStream() -> HealthProbeStep {
        switch state {
        case .awaitingGreeting:
            ended("closed the connection before its greeting")
        case .awaitingVerdict where sendsProxyHeader:
            ended("closed the connection after its greeting")
        case .securing:
            ended("closed the connection before TLS")
        case .awaitingVerdict:
            completed(farewell: [])
        }
    }

    private func completed(farewell: [UInt8]) -> HealthProbeStep {
        fault.map { .unhealthy(reason: $0) } ?? .healthy(farewell: farewell)
    }

    private func ended(_ words: String) -> HealthProbeStep {
        .unhealthy(reason: sendsProxyHeader ? ProxyHeaderRefusal.possible(words) : words)
    }

    private mutating func handle(_ packet: MySQLPacket) throws(MySQLWireError) -> HealthProbeStep {
        if let error = MySQLErrorPacket(payload: packet.payload) {
            return handleError(error, sequence: packet.sequence)
        }
        switch state {
        case .awaitingGreeting: return try handleGreeting(packet)
        case .securing: return .unhealthy(reason: "sent a packet in place of TLS")
        case .awaitingVerdict: return handleVerdict(packet)
        }
    }

    /// The answer to a login has the sequence number 2; an earlier error has another cause.
    private func handleError(_ error: MySQLErrorPacket, sequence: UInt8) -> HealthProbeStep {
        let isAnswerToLogin = state == .awaitingVerdict && sequence > 1
        let isMisreading = Self.misreadings.contains(error.code)
        if sendsProxyHeader, isMisreading || state == .awaitingVerdict && !isAnswerToLogin {
            return .unhealthy(reason: ProxyHeaderRefusal.certain(error.summary))
        }
        let isOutage = Self.outages.contains(error.code)
        return isAnswerToLogin && !isOutage
            ? completed(farewell: []) : .unhealthy(reason: error.summary)
    }

    private mutating func handleGreeting(
        _ packet: MySQLPacket
    ) throws(MySQLWireError) -> HealthProbeStep {
        let greeting = try MySQLGreeting(payload: packet.payload)
        self.greeting = greeting
        let login = MySQLLogin(user: user)
        if usesTLS, greeting.capabilities.contains(.tls) {
            state = .securing
            return .startTLS(packet.reply(MySQLTLSRequest(before: login).payload).bytes)
        }
        if usesTLS { fault = "does not offer TLS, which backendTLS demands" }
        state = .awaitingVerdict
        return .send(packet.reply(login.payload).bytes)
    }

    public mutating func secured() -> HealthProbeStep {
        // Not even a packet from before TLS may count as said in it.
        guard state == .securing, reader.isEmpty else {
            return .unhealthy(reason: "sent a packet in place of TLS")
        }
        state = .awaitingVerdict
        var login = MySQLLogin(user: user)
        login.capabilities.formUnion(.tls)
        return .send(MySQLPacket(sequence: 2, payload: login.payload).bytes)
    }

    /// The answer to the login: OK, or a request for another authentication plugin, which an empty
    /// password answers with an empty packet whatever the plugin.
    private mutating func handleVerdict(_ packet: MySQLPacket) -> HealthProbeStep {
        guard packet.payload.first == MySQLAuthenticationSwitch.mark else {
            return completed(farewell: MySQLPacket.quit.bytes)
        }
        guard !hasSwitched else { return .unhealthy(reason: "asks for one plugin after another") }
        hasSwitched = true
        return .send(packet.reply([]).bytes)
    }
}

extension MySQLHealthCheck: HealthQuestion {
    public typealias Parameter = DatabaseUserName

    public static let parameterKey = "user"
    public static let standardParameter = standardUser

    public init(_ parameter: String, of backend: ProbedBackend) {
        self.init(
            user: parameter,
            sendsProxyHeader: backend.receivesProxyHeader,
            usesTLS: backend.usesTLS
        )
    }
}
