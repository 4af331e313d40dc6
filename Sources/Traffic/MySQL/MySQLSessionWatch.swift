import MySQLProtocol
import Text

/// Watches a client that the gateway has greeted: it knows its session, and others of its user, by ids
/// of the gateway's, and wants to kill them by these.
///
/// A KILL statement or COM_PROCESS_KILL is held until the gateway has found the session, and then
/// has the backend's id. COM_CHANGE_USER is another login, for which a dialogue takes over
/// (``MySQLUserChangeDialogue``). All other packets pass as they are: of most, five bytes are looked at,
/// and the rest is skipped by its length.
///
/// Not seen are a KILL in a prepared statement, in a statement of more than
/// ``ClientCommandReader/statementLimit`` bytes or among others, and one with query attributes: the
/// backend finds an id in it that it does not know.
public struct MySQLSessionWatch: ClientWatch {
    /// A request that the gateway has not answered yet.
    private struct Pending: Hashable, Sendable {
        var kill: ClientKill
        var packet: [UInt8]
        /// What the client sent after it.
        var rest: [UInt8]
    }

    public private(set) var session: WatchedSession
    /// Of the last login.
    var exchange: AuthenticationExchange
    private let reader: ClientCommandReader
    /// In lower case, with its `@`; empty for none.
    private let userSuffix: [UInt8]
    /// How much of the current packet passes without being looked at, in bytes.
    private var remainingByteCount = 0
    /// The header of the current packet, or of the last one.
    private var previous: MySQLPacketHeader?
    /// The beginning of a packet that may be a request.
    private var held: [UInt8] = []
    private var pending: Pending?

    /// - Parameters:
    ///   - userSuffix: the suffix that the user had at the login, without the `@`.
    ///   - hasQueryAttributes: whether client and backend use CLIENT_QUERY_ATTRIBUTES.
    ///   - exchange: the login's.
    init(
        _ session: WatchedSession,
        userSuffix: String? = nil,
        hasQueryAttributes: Bool = false,
        exchange: AuthenticationExchange
    ) {
        self.session = session
        self.exchange = exchange
        self.userSuffix = userSuffix.map { Array("@\($0)".utf8).lowercasedASCII } ?? []
        reader = ClientCommandReader(hasQueryAttributes: hasQueryAttributes)
    }

    public var isWaiting: Bool { pending != nil }

    public mutating func receive(_ bytes: Span<UInt8>) -> WatchStep {
        // Most of a long packet.
        if remainingByteCount >= bytes.count, held.isEmpty {
            remainingByteCount -= bytes.count
            return .pass(Replay())
        }
        var output = Output()
        if let interruption = read(bytes, &output) {
            return Self.step(interruption, toBackend: output.passed)
        }
        return .pass(Replay(held: output.passed, offset: output.start))
    }

    public mutating func resolved(_ target: KillTarget) -> WatchStep {
        guard let pending else { return .answer([], toBackend: []) }
        self.pending = nil
        let answer = Self.answer(pending, target)
        var output = Output(passed: answer.toBackend)
        let rest = pending.rest
        if let interruption = read(rest.span, &output) {
            return Self.step(
                interruption,
                toClient: answer.toClient,
                toBackend: output.passed
            )
        }
        output.pass(rest.span, upTo: rest.count)
        return .answer(answer.toClient, toBackend: output.passed)
    }

    private static func answer(_ pending: Pending, _ target: KillTarget) -> Messages {
        let id = pending.kill.request.session
        switch target {
        case .here(let threadID):
            return Messages(
                toBackend: pending.kill.rewritten(pending.packet, threadID: threadID)
            )
        case .foreign:
            return Messages(toBackend: pending.packet)
        case .done:
            return Messages(
                toClient: MySQLPacket(sequence: 1, payload: MySQLOKPacket.payload).bytes
            )
        case .unknown:
            return error(MySQLErrorPacket.unknownThread, "Unknown thread id: \(id)")
        case .outOfReach(let reason):
            return error(MySQLErrorPacket.unknownError, "Cannot kill \(id): \(reason)")
        }
    }

    private static func error(_ code: UInt16, _ message: String) -> Messages {
        let error = MySQLErrorPacket(code: code, sqlState: "HY000", message: message)
        return Messages(toClient: MySQLPacket(sequence: 1, payload: error.payload).bytes)
    }
}

// MARK: - Interruptions

extension MySQLSessionWatch {
    /// What keeps a client's packets from passing.
    private enum Interruption {
        case kill(ClientKill)
        case converse(MySQLUserChangeDialogue)
        case denied(MySQLLoginFailure)
    }

    private static func step(
        _ interruption: Interruption,
        toClient: [UInt8] = [],
        toBackend: [UInt8]
    ) -> WatchStep {
        switch interruption {
        case .kill(let kill): .kill(kill.request, toClient: toClient, toBackend: toBackend)
        case .converse(let dialogue):
            .converse(dialogue, toClient: toClient, toBackend: toBackend)
        case .denied(let failure):
            .denied(
                failure.reason,
                detail: failure.detail,
                words: toClient + failure.words(sequence: 1)
            )
        }
    }

    private mutating func wait(
        _ kill: ClientKill,
        _ packet: [UInt8],
        _ rest: [UInt8]
    ) -> Interruption {
        begin(kill.header, seenByteCount: packet.count)
        pending = Pending(kill: kill, packet: packet, rest: rest)
        return .kill(kill)
    }

    /// Passes a request to log in again: without the suffix of the user, and without an answer that may
    /// be a password in clear, for which the server asks again.
    ///
    /// - Parameter rest: what the client sent after it; it must wait for the answer.
    private mutating func changeUser(
        _ header: MySQLPacketHeader,
        _ packet: [UInt8],
        _ rest: [UInt8],
        _ output: inout Output
    ) -> Interruption {
        begin(header, seenByteCount: packet.count)
        session.user = nil
        var change: MySQLUserChange
        do throws(MySQLWireError) {
            let payload = Array(packet[MySQLPacket.headerByteCount...])
            change = try MySQLUserChange(payload: payload)
        } catch {
            return .denied(.clientSent(error))
        }
        guard rest.isEmpty else { return .denied(.clientOutOfTurn) }
        let suffix = change.userBytes.suffix(userSuffix.count)
        if !userSuffix.isEmpty, Array(suffix).lowercasedASCII == userSuffix {
            change.userBytes.removeLast(userSuffix.count)
        }
        var plugin = change.plugin.map { AuthenticationPlugin(named: $0) }
        if let named = plugin, !named.answersByHash {
            change.authentication = []
            change.plugin = MySQLLoginDialogue.unknownPlugin
            plugin = nil
        }
        output.passed += MySQLPacket(sequence: header.sequence, payload: change.payload).bytes
        return .converse(MySQLUserChangeDialogue(exchange.again(plugin), before: self))
    }
}

// MARK: - Framing

extension MySQLSessionWatch {
    /// What becomes of the bytes that are being read.
    private struct Output {
        /// What passes, in order, before the bytes from `start` on.
        var passed: [UInt8] = []
        /// The first byte that is neither in `passed` nor left out.
        var start = 0

        mutating func pass(_ bytes: Span<UInt8>, upTo end: Int) {
            for index in start..<end { passed.append(bytes[index]) }
            start = end
        }
    }

    /// Reads the packets in `bytes`, up to a request.
    private mutating func read(_ bytes: Span<UInt8>, _ output: inout Output) -> Interruption? {
        var position = 0
        while true {
            if remainingByteCount > 0 {
                guard position < bytes.count else { return nil }
                let count = min(remainingByteCount, bytes.count - position)
                remainingByteCount -= count
                position += count
            } else if !held.isEmpty {
                switch readHeld(bytes, &position, &output) {
                case nil: return nil
                case .interrupted(let interruption): return interruption
                case .more: continue
                }
            } else {
                guard position < bytes.count else { return nil }
                if let interruption = readPacket(bytes, &position, &output) {
                    return interruption
                }
            }
        }
    }

    /// Reads a packet whose beginning is in `bytes`, without a copy of it.
    private mutating func readPacket(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ output: inout Output
    ) -> Interruption? {
        let packet = bytes.extracting(position..<bytes.count)
        switch reader.read(packet, after: previous) {
        case .undecided:
            output.pass(bytes, upTo: position)
            held = packet.copy(from: 0)
            position = bytes.count
            output.start = position
            return nil
        case .other(let header):
            begin(header, seenByteCount: MySQLPacket.headerByteCount)
            position += MySQLPacket.headerByteCount
            return nil
        case .kill(let kill):
            output.pass(bytes, upTo: position)
            let end = MySQLPacket.headerByteCount + kill.header.payloadByteCount
            return wait(kill, packet.extracting(0..<end).copy(from: 0), packet.copy(from: end))
        case .changeOfUser(let header):
            output.pass(bytes, upTo: position)
            let end = MySQLPacket.headerByteCount + header.payloadByteCount
            let whole = packet.extracting(0..<end).copy(from: 0)
            return changeUser(header, whole, packet.copy(from: end), &output)
        case .longChangeOfUser(let header):
            return .denied(Self.tooLong(header))
        }
    }

    private enum HeldStep { case more, interrupted(Interruption) }

    /// Reads on in a packet whose beginning is held.
    ///
    /// - Returns: `nil` if it continues in the next piece.
    private mutating func readHeld(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ output: inout Output
    ) -> HeldStep? {
        let packet = held
        switch reader.read(packet.span, after: previous) {
        case .undecided(let byteCount):
            let end = position + min(byteCount - held.count, bytes.count - position)
            guard end > position else { return nil }
            for index in position..<end { held.append(bytes[index]) }
            position = end
        case .other(let header):
            begin(header, seenByteCount: packet.count)
            output.passed += packet
            held = []
        case .kill(let kill):
            held = []
            return .interrupted(wait(kill, packet, bytes.copy(from: position)))
        case .changeOfUser(let header):
            held = []
            let rest = bytes.copy(from: position)
            return .interrupted(changeUser(header, packet, rest, &output))
        case .longChangeOfUser(let header):
            return .interrupted(.denied(Self.tooLong(header)))
        }
        output.start = position
        return .more
    }

    private static func tooLong(_ header: MySQLPacketHeader) -> MySQLLoginFailure {
        .clientSent(
            .packetTooLong(
                byteCount: header.payloadByteCount,
                limit: ClientCommandReader.userChangeLimit
            )
        )
    }

    private mutating func begin(_ header: MySQLPacketHeader, seenByteCount: Int) {
        previous = header
        remainingByteCount =
            MySQLPacket.headerByteCount + header.payloadByteCount - seenByteCount
    }
}
