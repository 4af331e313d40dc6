import Addresses
import NameService
import Sockets

/// One client's TCP connection to the name server. Each message comes after its length, two bytes
/// (RFC 1035 §4.2.2).
final class NameConnection {
    enum Outcome {
        /// Until the next event.
        case wait
        /// There is more to do, after others' turns.
        case again
        case close
    }

    /// Reads and answers of one turn.
    private static let stepLimit = 8
    /// A client that does not read so many bytes of answers is not read from either.
    private static let pendingLimit = 128 << 10

    let socket: Socket
    let source: IPAddress
    private let peer: IPAddress
    /// When it was accepted, or asked last, in milliseconds. Bytes alone do not count: a client that
    /// sends one now and then would stay forever.
    private(set) var lastQuery: Int64
    private var received: [UInt8] = []
    private var pending: [UInt8] = []
    private var written = 0
    private var hasEnded = false

    init(_ socket: Socket, peer: IPAddress, source: IPAddress, at now: Int64) {
        self.socket = socket
        self.peer = peer
        self.source = source
        lastQuery = now
    }

    /// Reads, answers and writes, as far as it goes now.
    func turn(
        _ scratch: ScratchBuffer,
        _ responder: DNSResponder,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) -> Outcome {
        for _ in 0..<Self.stepLimit {
            guard let hasAnswered = answer(responder, at: now, &counters), write() else {
                return .close
            }
            guard pending.isEmpty else { return .wait }
            if hasAnswered { continue }
            if hasEnded { return .close }
            switch socket.read(into: scratch) {
            case .bytes(let count): received += scratch.copy(0..<count)
            case .wouldBlock: return .wait
            case .endOfStream: hasEnded = true
            case .failed: return .close
            }
        }
        return .again
    }

    /// Answers the messages that are complete, as far as there is room for answers.
    ///
    /// - Returns: whether there were any; `nil` if the client does not keep to the protocol.
    private func answer(
        _ responder: DNSResponder,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) -> Bool? {
        var start = 0
        while received.count - start >= 2, pending.count < Self.pendingLimit {
            let length = Int(received[start]) << 8 | Int(received[start + 1])
            guard length <= DNSResponder.queryLimit else { return nil }
            guard received.count - start - 2 >= length else { break }
            let message = Array(received[(start + 2)..<(start + 2 + length)])
            let answer = responder.reply(to: message.span, from: peer, over: .tcp)
            guard let reply = answer else {
                counters.ignored += 1
                return nil
            }
            counters.count(reply, over: .tcp)
            pending.append(UInt8(truncatingIfNeeded: reply.bytes.count >> 8))
            pending.append(UInt8(truncatingIfNeeded: reply.bytes.count))
            pending += reply.bytes
            lastQuery = now
            start += 2 + length
        }
        received.removeSubrange(..<start)
        return start > 0
    }

    /// - Returns: whether the connection is still there.
    private func write() -> Bool {
        while written < pending.count {
            switch socket.write(pending, from: written) {
            case .bytes(let count): written += count
            case .wouldBlock: return true
            case .failed: return false
            }
        }
        pending.removeAll(keepingCapacity: false)
        written = 0
        return true
    }
}
