import MySQLProtocol
import Policy
import Testing

@testable import Traffic

/// A cipher that any reader breaks: bytes are inverted, after the name of the key.
struct MirrorCipher: PasswordCipher {
    var publicKeyPEM = Array("gateway".utf8)
    static let backendKey = Array("backend".utf8)

    func encrypt(_ bytes: [UInt8], publicKeyPEM: [UInt8]) -> [UInt8]? {
        guard bytes.count <= 214, publicKeyPEM.count == 7 else { return nil }
        return publicKeyPEM + bytes.map { ~$0 }
    }

    func decrypt(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.starts(with: publicKeyPEM) else { return nil }
        return bytes.dropFirst(7).map { ~$0 }
    }

    /// What the holder of the key makes of it.
    static func decrypted(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
        MirrorCipher(publicKeyPEM: key).decrypt(bytes)
    }
}

enum Login {
    static func greetingTerms(
        _ family: MySQLServerFamily = .mariadb,
        tls: MySQLGreetingTerms.TLS = .offered
    ) -> MySQLGreetingTerms {
        MySQLGreetingTerms(
            profile: GreetingProfile(family),
            tls: tls,
            userSuffixes: ["AWVA7CM7", "other"],
            attribute: "program_name"
        )
    }

    private static let greetingScramble = MySQLScramble(1...20)

    static func prologue(_ terms: MySQLGreetingTerms = greetingTerms()) -> MySQLGreetingPrologue {
        MySQLGreetingPrologue(terms, connectionID: 77, scramble: greetingScramble)
    }

    static func dialogue(
        backendTLS: MySQLLoginTerms.BackendTLS = .off,
        allowsClearText: Bool = false,
        after terms: MySQLGreetingTerms = greetingTerms()
    ) -> MySQLLoginDialogue {
        MySQLLoginDialogue(
            MySQLLoginTerms(
                backendTLS: backendTLS,
                allowsClearText: allowsClearText,
                cipher: MirrorCipher()
            ),
            after: terms
        )
    }

    static let session = TLSSession(version: .tls13, cipher: "TLS_AES_256_GCM_SHA384")

    /// A login as the prologue passes it on.
    static func packet(
        user: String = "demo",
        hasTLS: Bool = true,
        change: (inout MySQLLogin) -> Void = { _ in }
    ) -> [UInt8] {
        var login = MySQLLogin(user: user)
        login.authentication = [UInt8](repeating: 7, count: 20)
        if hasTLS { login.capabilities.insert(.tls) }
        change(&login)
        return MySQLPacket(sequence: hasTLS ? 2 : 1, payload: login.payload).bytes
    }

    /// A backend's first packet.
    static func greeting(
        _ capabilities: MySQLCapabilities = GreetingProfile(.mariadb).capabilities,
        version: String = "10.11.6-MariaDB"
    ) -> [UInt8] {
        let greeting = MySQLGreeting(
            serverVersion: version,
            connectionID: 42,
            scramble: MySQLScramble(21...40),
            capabilities: capabilities
        )
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    /// The scramble of ``switchTo(_:)``.
    static let scramble: [UInt8] = Array(101...120)

    static func switchTo(_ plugin: String) -> [UInt8] {
        MySQLAuthenticationSwitch(plugin: plugin, scramble: MySQLScramble(scramble)).payload
    }

    static let ok = MySQLOKPacket.payload

    static func mixed(_ bytes: [UInt8]) -> [UInt8] {
        bytes.indices.map { bytes[$0] ^ scramble[$0 % 20] }
    }
}

/// The packets in some bytes; the bytes must end with one.
func packets(_ bytes: [UInt8]) throws -> [MySQLPacket] {
    var collector = MySQLPacketCollector(limit: 1 << 20)
    var position = 0
    var packets: [MySQLPacket] = []
    while position < bytes.count {
        packets.append(try #require(try collector.next(of: bytes.span, from: &position)))
    }
    return packets
}

/// A dialogue, what it has sent, and how it ended.
struct LoginRun {
    enum End: Equatable {
        case relayed(watched: Bool)
        case denied(DenialReason, detail: String)
        case left
        case startTLS
    }

    var dialogue: MySQLLoginDialogue
    private(set) var toClient: [UInt8] = []
    private(set) var toBackend: [UInt8] = []
    private(set) var end: End?
    private(set) var watch: MySQLSessionWatch?

    init(_ dialogue: MySQLLoginDialogue, login: [UInt8]) {
        self.dialogue = dialogue
        follow(self.dialogue.begin(clientBytes: login))
    }

    /// The error that the client was sent last, if it was one.
    var error: MySQLErrorPacket? {
        // `try?`: other bytes are not an error.
        guard let last = (try? packets(toClient))?.last else { return nil }
        return MySQLErrorPacket(payload: last.payload)
    }

    mutating func receive(_ bytes: [UInt8], from side: RelaySide, pieceSize: Int = .max) {
        var rest = bytes[...]
        while !rest.isEmpty, end == nil || end == .startTLS {
            let piece = Array(rest.prefix(pieceSize))
            rest = rest.dropFirst(piece.count)
            follow(dialogue.receive(piece.span, from: side))
        }
        if case .relayed = end {
            // What a relay would do with the rest.
            if side == .backend { toClient += rest } else { toBackend += rest }
        }
    }

    mutating func receive(_ sequence: UInt8, _ payload: [UInt8], from side: RelaySide) {
        receive(MySQLPacket(sequence: sequence, payload: payload).bytes, from: side)
    }

    mutating func secured() {
        end = nil
        follow(dialogue.secured())
    }

    mutating func endOfStream(from side: RelaySide) { follow(dialogue.endOfStream(from: side)) }

    mutating func deadlinePassed() { follow(dialogue.deadlinePassed()) }

    private mutating func follow(_ step: DialogueStep) {
        switch step {
        case .more(let messages): add(messages)
        case .startTLS(let messages):
            add(messages)
            end = .startTLS
        case .relay(let messages, let terms):
            add(messages)
            if case .watched(let watch) = terms { self.watch = watch as? MySQLSessionWatch }
            end = .relayed(watched: watch != nil)
        case .denied(let reason, let detail, let words):
            toClient += words
            end = .denied(reason, detail: detail)
        case .left: end = .left
        case .refused, .dial, .answered: Issue.record("unexpected")
        }
    }

    private mutating func add(_ messages: Messages) {
        toClient += messages.toClient
        toBackend += messages.toBackend
    }
}

extension AuthenticationExchange {
    /// Of a login that has ended, with the scramble of ``Login/switchTo(_:)``.
    static func ended(client: Bool = false, backend: Bool = false) throws -> Self {
        var exchange = Self(
            EncryptedSides(client: client, backend: backend),
            allowsClearText: false,
            cipher: MirrorCipher()
        )
        _ = try exchange.receiveFromBackend(Login.switchTo("mysql_native_password"))
        return exchange
    }
}

extension MySQLSessionWatch {
    /// A watch after a login of both sides without TLS.
    init(
        _ session: WatchedSession,
        userSuffix: String? = nil,
        hasQueryAttributes: Bool = false
    ) {
        self.init(
            session,
            userSuffix: userSuffix,
            hasQueryAttributes: hasQueryAttributes,
            exchange: AuthenticationExchange(
                EncryptedSides(client: false, backend: false),
                allowsClearText: false,
                cipher: MirrorCipher()
            )
        )
    }
}
