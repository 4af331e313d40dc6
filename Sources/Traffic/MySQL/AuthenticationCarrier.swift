import MySQLProtocol
import Text

/// Carries the packets of an authentication between two sides, each of which counts its own.
struct AuthenticationCarrier: Sendable {
    /// How the backend has decided.
    enum Outcome: Equatable { case admitted, rejected }

    /// The longest payload of either side, in bytes.
    static let payloadLimit = 64 << 10

    var client: LoginLeg
    var backend: LoginLeg
    var exchange: AuthenticationExchange

    /// - Parameters:
    ///   - clientSequence: the number of the next packet to or from the client.
    ///   - backendSequence: the same for the backend.
    init(_ exchange: AuthenticationExchange, clientSequence: UInt8, backendSequence: UInt8) {
        self.exchange = exchange
        client = LoginLeg(
            packets: MySQLPacketCollector(limit: Self.payloadLimit),
            nextSequence: clientSequence,
            mayInterrupt: false
        )
        backend = LoginLeg(
            packets: MySQLPacketCollector(limit: Self.payloadLimit),
            nextSequence: backendSequence,
            mayInterrupt: true
        )
    }

    /// Whether the next packet has to come from the client.
    var awaitsClient: Bool { exchange.awaitsClient }

    /// The next packet of the backend; `nil` if it is not complete.
    mutating func nextOfBackend(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(MySQLLoginFailure) -> MySQLPacket? {
        do throws(MySQLWireError) {
            return try backend.next(of: bytes, from: &position)
        } catch {
            throw .backendSent(error)
        }
    }

    /// Carries what the backend has sent.
    ///
    /// - Returns: its decision, after which the client gets the rest as it is; `nil` before.
    mutating func carryFromBackend(
        _ bytes: Span<UInt8>,
        from start: Int = 0,
        _ messages: inout Messages
    ) throws(MySQLLoginFailure) -> Outcome? {
        var position = start
        while let packet = try nextOfBackend(bytes, &position) {
            let step = try exchange.receiveFromBackend(packet.payload)
            guard let outcome = perform(step, &messages) else { continue }
            messages.toClient += bytes.copy(from: position)
            return outcome
        }
        return nil
    }

    /// Carries what the client has sent, which must have waited for its turn.
    mutating func carryFromClient(
        _ bytes: Span<UInt8>,
        _ messages: inout Messages
    ) throws(MySQLLoginFailure) {
        guard awaitsClient else { throw .clientOutOfTurn }
        var position = 0
        let next: MySQLPacket?
        do throws(MySQLWireError) {
            next = try client.next(of: bytes, from: &position)
        } catch {
            throw .clientSent(error)
        }
        guard var packet = next else { return }
        defer { packet.payload.wipe() }
        guard position == bytes.count else { throw .clientOutOfTurn }
        _ = perform(try exchange.receiveFromClient(packet.payload), &messages)
    }

    private mutating func perform(
        _ step: AuthenticationExchange.Step,
        _ messages: inout Messages
    ) -> Outcome? {
        switch step {
        case .toClient(let payload):
            messages.toClient += client.packet(payload)
            return nil
        case .toBackend(let payload):
            messages.toBackend += backend.packet(payload)
            return nil
        case .admitted(let payload):
            messages.toClient += client.packet(payload)
            return .admitted
        case .rejected(let payload):
            messages.toClient += client.packet(payload)
            return .rejected
        }
    }
}
