public import MySQLProtocol
import Policy

/// Logs a client that the gateway has greeted (``MySQLGreetingPrologue``) in to its backend.
///
/// The backend is sent the client's login, but with a plugin's name that no server knows. So it asks
/// for another authentication, with the account's plugin and its own scramble, and that is carried
/// between the two: the client proves its password to the true server. (TiProxy found this; a name
/// that is known would make a server compare the client's answer to another scramble.)
///
/// ```
/// client                gateway                          backend
///                                                   ◄──  greeting (0)
///                       [TLS request (1), TLS]      ──►
///                       login, unknown plugin (1/2) ──►
///           ◄──         switch to the plugin        ◄──  switch to the plugin (2/3)
/// answer    ──►                                     ──►
///           ◄──         OK or ERR                   ◄──  OK or ERR
/// ```
///
/// Each side counts its own packets. After the OK both count from 0 again, and the bytes are relayed.
public struct MySQLLoginDialogue: Dialogue {
    /// A name that no server has a plugin for. Every server then asks for the one of the account.
    static let unknownPlugin = "sluice_unknown"

    private enum State: Hashable { case greeting, securing, authenticating, ended }

    private let terms: MySQLLoginTerms
    private let greetingTerms: MySQLGreetingTerms
    private var state = State.greeting
    private var carrier: AuthenticationCarrier
    private var login = MySQLLogin(user: "")
    private var suffix: String?
    public private(set) var backendGreeting: MySQLGreeting?

    /// - Parameter greetingTerms: those by which the client was greeted.
    public init(_ terms: MySQLLoginTerms, after greetingTerms: MySQLGreetingTerms) {
        self.terms = terms
        self.greetingTerms = greetingTerms
        carrier = AuthenticationCarrier(
            AuthenticationExchange(
                EncryptedSides(client: false, backend: false),
                allowsClearText: false,
                cipher: terms.cipher
            ),
            clientSequence: 1,
            backendSequence: 0
        )
    }
}

// MARK: - Queries

extension MySQLLoginDialogue {
    /// Whether the next packet has to come from the client.
    var awaitsClient: Bool { state == .authenticating && carrier.awaitsClient }

    /// The numbers that the next packet of either side must have.
    var nextSequences: (client: UInt8, backend: UInt8) {
        (carrier.client.nextSequence, carrier.backend.nextSequence)
    }
}

// MARK: - Events

extension MySQLLoginDialogue {
    public mutating func begin(clientBytes: [UInt8]) -> DialogueStep {
        do throws(MySQLLoginFailure) {
            try receiveLogin(clientBytes)
            return .more(Messages())
        } catch {
            return fail(error)
        }
    }

    public mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep {
        var messages = Messages()
        do throws(MySQLLoginFailure) {
            guard side == .client else { return try receiveFromBackend(bytes, &messages) }
            guard awaitsClient else { throw .clientOutOfTurn }
            try carrier.carryFromClient(bytes, &messages)
            return .more(messages)
        } catch {
            return fail(error, after: messages.toClient)
        }
    }

    public mutating func secured() -> DialogueStep {
        guard state == .securing else { return fail(.backendSent(.outOfSequence)) }
        state = .authenticating
        return .more(Messages(toBackend: carrier.backend.packet(login.payload)))
    }

    public mutating func endOfStream(from side: RelaySide) -> DialogueStep {
        guard side == .backend else { return .left }
        return fail(.backendClosed(before: state == .greeting ? "its greeting" : "it had answered"))
    }

    public mutating func deadlinePassed() -> DialogueStep {
        fail(awaitsClient ? .clientTimedOut : .backendTimedOut)
    }

    /// Denies the client, which is sent `messages` first.
    private mutating func fail(
        _ failure: MySQLLoginFailure,
        after messages: [UInt8] = []
    ) -> DialogueStep {
        state = .ended
        return .denied(
            failure.reason,
            detail: failure.detail,
            words: messages + failure.words(sequence: carrier.client.nextSequence)
        )
    }
}

// MARK: - The login

extension MySQLLoginDialogue {
    /// Reads the login that the prologue has let through.
    private mutating func receiveLogin(_ bytes: [UInt8]) throws(MySQLLoginFailure) {
        var packets = MySQLPacketCollector(limit: MySQLGreetingPrologue.loginLimit)
        var position = 0
        do throws(MySQLWireError) {
            guard let packet = try packets.next(of: bytes.span, from: &position) else {
                throw .truncated
            }
            // Without TLS it is packet 1, with it packet 2.
            carrier.client.nextSequence = packet.sequence &+ 1
            login = try MySQLLogin(payload: packet.payload)
        } catch {
            throw .clientSent(error)
        }
        guard position == bytes.count else { throw .clientOutOfTurn }
        if let route = greetingTerms.route(of: login.userBytes) {
            login.userBytes = route.user
            suffix = route.suffix
        }
        carrier.exchange = AuthenticationExchange(
            EncryptedSides(
                client: login.capabilities.contains(.tls),
                backend: terms.backendTLS == .required
            ),
            allowsClearText: terms.allowsClearText,
            cipher: terms.cipher
        )
    }

    /// What the backend is sent in place of the client's login.
    private mutating func prepareLogin(_ greeting: MySQLGreeting) throws(MySQLLoginFailure) {
        let agreement = MySQLAgreement(
            client: login.capabilities,
            offered: greetingTerms.offered,
            backend: greeting.capabilities
        )
        guard agreement.missing.isEmpty else { throw .backendLacks(agreement.missing) }
        login.capabilities = agreement.capabilities
        login.reserved = [UInt8](repeating: 0, count: MySQLLogin.reservedByteCount)
        login.authentication = MySQLAgreement.harmless(login.authentication, of: login.plugin)
        login.plugin = Self.unknownPlugin
        if terms.backendTLS == .required {
            guard greeting.capabilities.contains(.tls) else { throw .backendWithoutTLS }
            login.capabilities.insert(.tls)
        }
    }
}

// MARK: - The backend's packets

extension MySQLLoginDialogue {
    private mutating func receiveFromBackend(
        _ bytes: Span<UInt8>,
        _ messages: inout Messages
    ) throws(MySQLLoginFailure) -> DialogueStep {
        var position = 0
        if state == .greeting {
            guard let packet = try carrier.nextOfBackend(bytes, &position) else {
                return .more(messages)
            }
            let step = try receiveGreeting(packet, isLast: position == bytes.count)
            guard case .more(let login) = step else { return step }
            messages = login
        }
        guard state == .authenticating else { throw .backendSent(.outOfSequence) }
        let outcome = try carrier.carryFromBackend(bytes, from: position, &messages)
        guard let outcome else { return .more(messages) }
        state = .ended
        // A backend that has refused the client has said why, and closes the connection.
        return .relay(messages, outcome == .admitted ? .watched(watch) : .free)
    }

    /// - Parameter isLast: whether the backend has sent nothing after it.
    private mutating func receiveGreeting(
        _ packet: MySQLPacket,
        isLast: Bool
    ) throws(MySQLLoginFailure) -> DialogueStep {
        if let error = MySQLErrorPacket(payload: packet.payload) { throw .backendRejected(error) }
        let greeting: MySQLGreeting
        do throws(MySQLWireError) {
            greeting = try MySQLGreeting(payload: packet.payload)
        } catch {
            throw .backendSent(error)
        }
        backendGreeting = greeting
        try prepareLogin(greeting)
        guard terms.backendTLS == .required else {
            state = .authenticating
            return .more(Messages(toBackend: carrier.backend.packet(login.payload)))
        }
        // What is not encrypted must not be taken for what is.
        guard isLast else { throw .backendSent(.outOfSequence) }
        state = .securing
        let request = MySQLTLSRequest(before: login)
        return .startTLS(Messages(toBackend: carrier.backend.packet(request.payload)))
    }

    private var watch: MySQLSessionWatch {
        MySQLSessionWatch(
            WatchedSession(threadID: backendGreeting?.connectionID ?? 0, user: login.userBytes),
            userSuffix: suffix,
            hasQueryAttributes: login.capabilities.contains(.queryAttributes),
            exchange: carrier.exchange
        )
    }
}
