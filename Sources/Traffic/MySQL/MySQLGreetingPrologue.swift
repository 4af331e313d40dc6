public import MySQLProtocol
import Policy

/// Greets a MySQL client in place of the server, which is known only from what the client answers:
/// the name that it requests in TLS, its user, database and attributes.
///
/// The client cannot be logged in with it: the password is mixed with this greeting's scramble. The
/// server asks for it again, with its own scramble (``MySQLLoginDialogue``), so that the gateway
/// needs to know no password.
///
/// ```
/// gateway                                  client
/// greeting (0)                   ───►
///                                ◄───      TLS request (1), then TLS
///                                ◄───      login (2; 1 without TLS)
/// ```
///
/// Every failure is answered by an ERR within TLS, if there is any, with the next number: clients of
/// MariaDB since 11.4 read no error of a server that has not offered TLS.
public struct MySQLGreetingPrologue: Prologue {
    /// The longest login that is accepted, in bytes: attributes may take 64 KiB.
    public static let loginLimit = 65 << 10
    /// The beginning of the reserved bytes of a login by a proxy that Doris trusts, by default.
    private static let proxyMark = Array("x@8".utf8)

    private enum State: Hashable {
        /// Waits for a TLS request, or a login without it.
        case plain
        case securing, secured
    }

    private let terms: MySQLGreetingTerms
    private let connectionID: UInt32
    private let scramble: MySQLScramble
    private var state = State.plain
    private var hasReceived = false
    private var nextSequence: UInt8 = 1
    private var packets = MySQLPacketCollector(limit: loginLimit)

    /// - Parameters:
    ///   - connectionID: the id by which the client knows its session, and may kill it.
    ///   - scramble: 20 random bytes. No answer to it is ever compared.
    public init(_ terms: MySQLGreetingTerms, connectionID: UInt32, scramble: MySQLScramble) {
        self.terms = terms
        self.connectionID = connectionID
        self.scramble = scramble
    }

    public mutating func begin() -> [UInt8] {
        var greeting = MySQLGreeting(
            serverVersion: terms.profile.serverVersion,
            connectionID: connectionID,
            scramble: scramble,
            capabilities: terms.offered
        )
        greeting.characterSet = terms.profile.characterSet
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        let isFirst = !hasReceived
        hasReceived = true
        var position = 0
        do throws(MySQLLoginFailure) {
            if isFirst, ForeignProtocol.isHTTP(bytes) { throw .clientSpeaksHTTP }
            guard let packet = try next(of: bytes, from: &position) else { return .more() }
            if state == .plain, MySQLTLSRequest(payload: packet.payload) != nil {
                return try startTLS(Replay(offset: position))
            }
            return decided(try login(packet), replay: position)
        } catch {
            return .denied(
                error.reason,
                detail: error.detail,
                words: error.words(sequence: nextSequence)
            )
        }
    }

    public mutating func secured(_ session: TLSSession) -> PrologueStep {
        state = .secured
        return .more()
    }

    public mutating func endOfStream() -> PrologueStep { .left(isProbe: !hasReceived) }

    public mutating func deadlinePassed() -> PrologueStep {
        guard hasReceived else { return .left(isProbe: true) }
        let failure = MySQLLoginFailure.clientTimedOut
        return .denied(
            failure.reason,
            detail: failure.detail,
            words: failure.words(sequence: nextSequence)
        )
    }

    private mutating func next(
        of bytes: Span<UInt8>,
        from position: inout Int
    ) throws(MySQLLoginFailure) -> MySQLPacket? {
        do throws(MySQLWireError) {
            let next = try packets.next(of: bytes, from: &position)
            guard let packet = next else { return nil }
            guard packet.sequence == nextSequence else { throw .outOfSequence }
            nextSequence &+= 1
            return packet
        } catch {
            throw .clientSent(error)
        }
    }

    /// What follows the request in the same segment belongs to TLS.
    private mutating func startTLS(_ replay: Replay) throws(MySQLLoginFailure) -> PrologueStep {
        guard terms.tls != .off else { throw .clientExpectsTLS }
        state = .securing
        return .startTLS(replay)
    }

    private func login(_ packet: MySQLPacket) throws(MySQLLoginFailure) -> MySQLLogin {
        let login: MySQLLogin
        do throws(MySQLWireError) {
            login = try MySQLLogin(payload: packet.payload)
        } catch {
            throw .clientSent(error)
        }
        guard state == .secured || terms.tls != .required else { throw .clientWithoutTLS }
        guard state == .secured || !login.capabilities.contains(.tls) else {
            throw .clientExpectsTLS
        }
        let needed: MySQLCapabilities = [.pluginAuthentication, .secureConnection]
        guard login.capabilities.isSuperset(of: needed) else { throw .clientTooOld }
        guard !login.reserved.starts(with: Self.proxyMark) else { throw .clientForgesProxy }
        return login
    }

    /// Passes the login on, with CLIENT_SSL if there is TLS: some drivers set it in the TLS request
    /// only.
    private func decided(_ login: MySQLLogin, replay offset: Int) -> PrologueStep {
        var restored = login
        if state == .secured { restored.capabilities.insert(.tls) }
        let packet = MySQLPacket(sequence: nextSequence &- 1, payload: restored.payload)
        return .decided(
            .login(claims(of: login)),
            replay: Replay(held: packet.bytes, offset: offset)
        )
    }

    private func claims(of login: MySQLLogin) -> LoginClaims {
        let attribute = terms.attribute.flatMap { login.attribute(named: $0) }
        return LoginClaims(
            userSuffix: terms.route(of: login.userBytes)?.suffix,
            database: login.databaseBytes.flatMap(Self.claim),
            attribute: attribute.flatMap(Self.claim),
            nextSequence: nextSequence
        )
    }

    /// A name that may select a route; `nil` if it is empty, or longer than any name.
    private static func claim(_ bytes: [UInt8]) -> String? {
        guard (1...256).contains(bytes.count) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
