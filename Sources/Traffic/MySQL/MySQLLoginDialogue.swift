import MySQLProtocol
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
    /// The longest payload of either side, in bytes, after the client's login.
    static let payloadLimit = 64 << 10

    private enum State: Hashable { case greeting, securing, authenticating, ended }

    private let terms: MySQLLoginTerms
    private let greetingTerms: MySQLGreetingTerms
    private var state = State.greeting
    private var client = LoginLeg(
        packets: MySQLPacketCollector(limit: MySQLGreetingPrologue.loginLimit),
        nextSequence: 1,
        mayInterrupt: false
    )
    private var backend = LoginLeg(
        packets: MySQLPacketCollector(limit: payloadLimit),
        nextSequence: 0,
        mayInterrupt: true
    )
    private var login = MySQLLogin(user: "")
    private var suffix: String?
    private var threadID: UInt32 = 0
    private var exchange: AuthenticationExchange

    /// - Parameter greetingTerms: those by which the client was greeted.
    public init(_ terms: MySQLLoginTerms, after greetingTerms: MySQLGreetingTerms) {
        self.terms = terms
        self.greetingTerms = greetingTerms
        exchange = AuthenticationExchange(
            EncryptedSides(client: false, backend: false),
            allowsClearText: false,
            cipher: terms.cipher
        )
    }
}

// MARK: - Queries

extension MySQLLoginDialogue {
    /// Whether the next packet has to come from the client.
    var awaitsClient: Bool { state == .authenticating && exchange.awaitsClient }

    /// The numbers that the next packet of either side must have.
    var nextSequences: (client: UInt8, backend: UInt8) {
        (client.nextSequence, backend.nextSequence)
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
            return side == .client
                ? try receiveFromClient(bytes, &messages)
                : try receiveFromBackend(bytes, &messages)
        } catch {
            return fail(error, after: messages.toClient)
        }
    }

    public mutating func secured() -> DialogueStep {
        guard state == .securing else { return fail(.backendSent(.outOfSequence)) }
        state = .authenticating
        return .more(Messages(toBackend: backend.packet(login.payload)))
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
            words: messages + failure.words(sequence: client.nextSequence)
        )
    }
}

// MARK: - The login

extension MySQLLoginDialogue {
    /// Reads the login that the prologue has let through.
    private mutating func receiveLogin(_ bytes: [UInt8]) throws(MySQLLoginFailure) {
        var position = 0
        do throws(MySQLWireError) {
            // Without TLS it is packet 1, with it packet 2.
            if let header = MySQLPacketHeader(bytes.prefix(MySQLPacket.headerByteCount)) {
                client.nextSequence = header.sequence
            }
            guard let packet = try client.next(of: bytes.span, from: &position) else {
                throw .truncated
            }
            login = try MySQLLogin(payload: packet.payload)
        } catch {
            throw .clientSent(error)
        }
        guard position == bytes.count else { throw .clientOutOfTurn }
        client.packets = MySQLPacketCollector(limit: Self.payloadLimit)
        if let route = greetingTerms.route(of: login.userBytes) {
            login.userBytes = route.user
            suffix = route.suffix
        }
        exchange = AuthenticationExchange(
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
        while let packet = try nextFromBackend(bytes, &position) {
            switch state {
            case .greeting:
                let step = try receiveGreeting(packet, isLast: position == bytes.count)
                guard case .more(let more) = step else { return step }
                messages.toBackend += more.toBackend
            case .authenticating:
                let step = try exchange.receiveFromBackend(packet.payload)
                let rest = bytes.copy(from: position)
                if let end = perform(step, &messages, rest: rest) { return end }
            case .securing, .ended:
                throw .backendSent(.outOfSequence)
            }
        }
        return .more(messages)
    }

    private mutating func nextFromBackend(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(MySQLLoginFailure) -> MySQLPacket? {
        do throws(MySQLWireError) {
            return try backend.next(of: bytes, from: &position)
        } catch {
            throw .backendSent(error)
        }
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
        threadID = greeting.connectionID
        try prepareLogin(greeting)
        guard terms.backendTLS == .required else {
            state = .authenticating
            return .more(Messages(toBackend: backend.packet(login.payload)))
        }
        // What is not encrypted must not be taken for what is.
        guard isLast else { throw .backendSent(.outOfSequence) }
        state = .securing
        let request = MySQLTLSRequest(before: login)
        return .startTLS(Messages(toBackend: backend.packet(request.payload)))
    }

    /// - Parameter rest: what the backend has sent after the packet.
    private mutating func perform(
        _ step: AuthenticationExchange.Step,
        _ messages: inout Messages,
        rest: [UInt8] = []
    ) -> DialogueStep? {
        switch step {
        case .toClient(let payload):
            messages.toClient += client.packet(payload)
            return nil
        case .toBackend(let payload):
            messages.toBackend += backend.packet(payload)
            return nil
        case .admitted(let payload):
            messages.toClient += client.packet(payload) + rest
            state = .ended
            return .relay(messages, .watched(watch))
        case .rejected(let payload):
            messages.toClient += client.packet(payload) + rest
            state = .ended
            // The backend has said why, and closes the connection.
            return .relay(messages, .free)
        }
    }

    private var watch: MySQLSessionWatch {
        MySQLSessionWatch(
            WatchedSession(threadID: threadID, user: login.userBytes),
            userSuffix: suffix,
            hasQueryAttributes: login.capabilities.contains(.queryAttributes)
        )
    }
}

// MARK: - The client's packets

extension MySQLLoginDialogue {
    private mutating func receiveFromClient(
        _ bytes: Span<UInt8>,
        _ messages: inout Messages
    ) throws(MySQLLoginFailure) -> DialogueStep {
        guard awaitsClient else { throw .clientOutOfTurn }
        var position = 0
        guard var packet = try nextFromClient(bytes, &position) else { return .more(messages) }
        defer { packet.payload.wipe() }
        // It must have waited for the answer.
        guard position == bytes.count else { throw .clientOutOfTurn }
        let step = try exchange.receiveFromClient(packet.payload)
        return perform(step, &messages) ?? .more(messages)
    }

    private mutating func nextFromClient(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(MySQLLoginFailure) -> MySQLPacket? {
        do throws(MySQLWireError) {
            return try client.next(of: bytes, from: &position)
        } catch {
            throw .clientSent(error)
        }
    }
}
