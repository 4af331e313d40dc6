internal import MySQLProtocol
internal import Traffic

/// A login, then one query after the other, each when the last one is answered.
struct MySQLConversation: Conversation {
    private enum Phase { case login, idle, query }

    /// The longest packet of a login, in bytes.
    private static let loginPacketLimit = 65_536

    private let query: [UInt8]
    private var phase = Phase.login
    private var login: MySQLClientLogin
    /// Of the login: packets that have not arrived completely.
    private var received: [UInt8] = []
    private var answer = MySQLAnswerParser()

    init(_ exchange: MySQLExchange) {
        // COM_QUERY.
        query = MySQLPacket(sequence: 0, payload: [0x03] + exchange.query.utf8).bytes
        login = MySQLClientLogin(exchange)
    }

    /// The server speaks first.
    mutating func open() -> Move { .wait }

    mutating func begin() -> Move {
        phase = .query
        answer.restart()
        return .send(Outgoing(query))
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        do throws(MySQLFault) {
            switch phase {
            case .login: return try receiveLogin(bytes)
            case .idle: throw .wire(.excessBytes)
            case .query: return try receiveAnswer(bytes)
            }
        } catch {
            // Another login would come to the same end.
            let failure = Failure(
                .badResponse,
                "the server sent \(error)",
                isFatal: phase == .login
            )
            return .failed(failure)
        }
    }

    mutating func receiveEndOfStream() -> Move {
        switch phase {
        case .login: .failed(Failure(.closedEarly, "the stream ended during the login"))
        case .idle: .close
        case .query: .failed(Failure(.closedEarly, "the stream ended before the answer's end"))
        }
    }

    /// COM_QUIT.
    var farewell: [UInt8] { MySQLPacket(sequence: 0, payload: [0x01]).bytes }
}

extension MySQLConversation {
    private mutating func receiveAnswer(_ bytes: Span<UInt8>) throws(MySQLFault) -> Move {
        let progress: MySQLAnswerParser.Progress
        do throws(MySQLWireError) {
            progress = try answer.receive(bytes)
        } catch {
            throw .wire(error)
        }
        guard progress != .incomplete else { return .wait }
        phase = .idle
        guard case .refused(let error) = progress else { return .complete(reusable: true) }
        return .refused(Failure(error), reusable: true)
    }

    private mutating func receiveLogin(_ bytes: Span<UInt8>) throws(MySQLFault) -> Move {
        for index in bytes.indices { received.append(bytes[index]) }
        // If nothing has to be answered, the next packet may be there too.
        while let packet = try takeLoginPacket() {
            switch try login.receive(packet.payload) {
            case .wait:
                continue
            case .send(let payload):
                let reply = MySQLPacket(sequence: packet.sequence &+ 1, payload: payload)
                return .send(Outgoing(reply.bytes))
            case .done:
                phase = .idle
                return .ready
            case .denied(let error):
                return .failed(Failure(error))
            }
        }
        return .wait
    }

    private mutating func takeLoginPacket() throws(MySQLFault) -> MySQLPacket? {
        do throws(MySQLWireError) {
            let decoding = try MySQLPacket.decode(received, limit: Self.loginPacketLimit)
            guard case .complete(let packet, let byteCount) = decoding else { return nil }
            received.removeFirst(byteCount)
            return packet
        } catch {
            throw .wire(error)
        }
    }
}
