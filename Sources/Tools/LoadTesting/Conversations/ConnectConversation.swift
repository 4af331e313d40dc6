import HTTPProtocol
import MySQLProtocol
import Time

/// When a connection that carries nothing counts.
package struct ConnectExchange: Hashable, Sendable {
    /// What must happen for a connection to count. Being established is not enough: a gateway accepts
    /// a client before it denies it, and before it has a backend for it.
    package enum Proof: Hashable, Sendable {
        /// It is still open after this time, after twice the duration of its connect, and after four
        /// times as long as the target took to close any other, and no error arrived. Its latency is
        /// that of the connect.
        case open(for: Duration)
        /// The server sends something that is not an error. Its latency lasts until then.
        case firstByte
        /// The server sends a MySQL greeting. Its latency lasts until then.
        case mysqlGreeting
    }

    package var proof: Proof
    /// Whether it is closed with RST instead of FIN, which leaves no local port in TIME-WAIT for a
    /// minute (RFC 9293 §3.6.1).
    package var closesWithReset: Bool

    package init(proof: Proof = .open(for: .milliseconds(50)), closesWithReset: Bool = false) {
        self.proof = proof
        self.closesWithReset = closesWithReset
    }

    /// Why it cannot be run, with a remedy; `nil` if it can.
    package var problem: String? {
        guard case .open(let time) = proof else { return nil }
        return (.zero ... .seconds(60)).contains(time) ? nil : "use a time from 0s to 60s"
    }
}

/// Connects, and waits until the connection counts.
struct ConnectConversation: Conversation {
    private let exchange: ConnectExchange
    private var opening = ServerOpening()
    /// The longest greeting that is accepted has 4 KiB.
    private var greeting = MySQLPacketReader(limit: 4_096)

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
        case .open: .failed(Failure(.closedEarly, "the target closed the connection immediately"))
        case .firstByte: .failed(Failure(.closedEarly, "connection closed before the first byte"))
        case .mysqlGreeting: .failed(Failure(.closedEarly, "connection closed before the greeting"))
        }
    }

    private mutating func awaitGreeting(_ bytes: Span<UInt8>) -> Move {
        greeting.append(bytes)
        do throws(MySQLWireError) {
            guard let packet = try greeting.next() else { return .wait }
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

/// Holds a connection and sends nothing; what the server sends is ignored, unless it is an error.
struct IdleConversation: Conversation {
    private var opening = ServerOpening()

    mutating func begin() -> Move { .wait }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        guard case .refused(let failure) = opening.receive(bytes) else { return .wait }
        return .failed(failure)
    }

    mutating func receiveEndOfStream() -> Move {
        let ended = Failure(.closedEarly, "the server closed an idle connection")
        return .failed(opening.end() ?? ended)
    }
}

/// Recognises an error in a server's first bytes, whatever its protocol.
///
/// A gateway accepts a connection before it decides about the client. A denied client gets an error
/// in the listener's protocol, a MySQL error packet or an HTTP error response, before it has sent
/// anything.
struct ServerOpening {
    enum Verdict: Equatable {
        /// The bytes so far may still become an error.
        case undecided
        /// They are not an error.
        case accepted
        case refused(Failure)
    }

    /// The longest error that is recognised, in bytes.
    static let byteLimit = 1_024

    private var bytes: [UInt8] = []
    private var isDecided = false

    mutating func receive(_ piece: Span<UInt8>) -> Verdict {
        guard !isDecided else { return .accepted }
        for index in 0..<min(piece.count, Self.byteLimit - bytes.count) {
            bytes.append(piece[index])
        }
        let verdict = bytes.first == UInt8(ascii: "H") ? readHTTP() : readMySQL()
        isDecided = verdict != .undecided
        return verdict
    }

    /// The stream has ended: nothing more will arrive.
    func end() -> Failure? {
        guard !isDecided, !bytes.isEmpty, case .refused(let failure) = readMySQL(isComplete: true)
        else { return nil }
        return failure
    }

    /// `HTTP/1.1 403`: a status line is complete with its status (RFC 9112 §4).
    private func readHTTP() -> Verdict {
        let version = Array("HTTP/1.".utf8)
        guard bytes.starts(with: version.prefix(bytes.count)) else { return .accepted }
        guard bytes.count >= 12 else { return .undecided }
        // `try?`: what is not a status line is not an error either.
        let line = try? HTTPStatusLine(bytes.span.extracting(0..<12))
        guard let status = line?.status, status >= 400 else { return .accepted }
        return .refused(Failure(.status, "HTTP status \(status) before any request", code: status))
    }

    /// A packet that begins with FF is an error, whose message is worth waiting for.
    private func readMySQL(isComplete: Bool = false) -> Verdict {
        guard let header = MySQLPacketHeader(bytes), bytes.count > 4 else {
            return isComplete ? .accepted : .undecided
        }
        let length = header.payloadByteCount
        guard bytes[4] == 0xff, (3...Self.byteLimit - 4).contains(length), header.sequence <= 2
        else { return .accepted }
        guard bytes.count >= 4 + length || isComplete else { return .undecided }
        let error = MySQLErrorPacket(payload: Array(bytes.dropFirst(4).prefix(length)))
        return error.map { .refused(Failure($0)) } ?? .accepted
    }
}
