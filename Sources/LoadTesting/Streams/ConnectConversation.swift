internal import MySQLProtocol
internal import Traffic

/// How connections that carry nothing are counted.
package struct ConnectExchange: Hashable, Sendable {
    /// What a connection must show to count. That it was established is not enough: a gateway
    /// accepts a client before it denies it, and before it has a backend for it.
    package enum Proof: Hashable, Sendable {
        /// It is still open after this time, after twice the time that its connect took, and after
        /// four times the time that the target needed to end any other; no error came meanwhile. Its
        /// latency is that of the connect.
        case open(for: Duration)
        /// The server sends something that is not an error. Its latency lasts until then.
        case firstByte
        /// The server sends a MySQL greeting. Its latency lasts until then.
        case mysqlGreeting
    }

    package var proof: Proof
    /// Whether it ends with RST in place of FIN: no local port then waits a minute for stragglers
    /// (TIME-WAIT, RFC 9293 §3.6.1).
    package var closesWithReset: Bool

    package init(proof: Proof = .open(for: .milliseconds(50)), closesWithReset: Bool = false) {
        self.proof = proof
        self.closesWithReset = closesWithReset
    }

    /// What makes it impossible, with a remedy; `nil` if all is well.
    package var fault: String? {
        guard case .open(let time) = proof else { return nil }
        return (.zero ... .seconds(60)).contains(time) ? nil : "use a time of 0s to 60s"
    }
}

/// Connects, waits for its proof, and is done.
struct ConnectConversation: Conversation {
    private let exchange: ConnectExchange
    private var opening = ServerOpening()
    /// Of a greeting that has not arrived completely.
    private var received: [UInt8] = []

    /// The longest greeting that is accepted, in bytes.
    private static let greetingLimit = 4_096

    init(_ exchange: ConnectExchange) {
        self.exchange = exchange
    }

    var closesWithReset: Bool { exchange.closesWithReset }

    mutating func begin() -> Move {
        guard case .open(let time) = exchange.proof else { return .wait }
        return .hold(nanoseconds: time.nanoseconds)
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        if exchange.proof == .mysqlGreeting { return awaitGreeting(bytes) }
        return switch opening.receive(bytes) {
        case .undecided: .wait
        case .accepted: .complete(reusable: false)
        case .refused(let failure): .failed(failure)
        }
    }

    mutating func receiveEndOfStream() -> Move {
        if let failure = opening.end() { return .failed(failure) }
        return switch exchange.proof {
        case .open: .failed(Failure(.closedEarly, "the target closed the connection at once"))
        case .firstByte: .failed(Failure(.closedEarly, "the stream ended before its first byte"))
        case .mysqlGreeting: .failed(Failure(.closedEarly, "the stream ended before the greeting"))
        }
    }

    private mutating func awaitGreeting(_ bytes: Span<UInt8>) -> Move {
        for index in bytes.indices { received.append(bytes[index]) }
        do throws(MySQLWireError) {
            let decoding = try MySQLPacket.decode(received, limit: Self.greetingLimit)
            guard case .complete(let packet, _) = decoding else { return .wait }
            if let error = MySQLErrorPacket(payload: packet.payload) {
                return .failed(Failure(error))
            }
            _ = try MySQLGreeting(payload: packet.payload)
            return .complete(reusable: false)
        } catch {
            return .failed(Failure(.badResponse, "the server sent \(error)", isFatal: true))
        }
    }
}
