import Addresses
import DNSProtocol
import Policy
import Settings
import Sockets
import Text
import Time
import Traffic

/// One update of another name server (RFC 2136), signed, over TCP. Blocks; runs on a thread of its own.
struct UpdateExchange: Sendable {
    private static let patience: Int64 = 10_000_000_000
    /// Records of one message: over TCP it has at most 65,535 bytes.
    private static let recordLimit = 500

    let server: BackendAddress
    let key: TSIGKey

    /// Sends an update, in parts if it is long: all of one part is applied, or nothing.
    func send(_ update: DNSUpdate) throws(UpdateFailure) {
        for part in update.parts(recordLimit: Self.recordLimit) { try sendPart(part) }
    }

    private func sendPart(_ update: DNSUpdate) throws(UpdateFailure) {
        let id = UInt16.random(in: .min ... .max)
        let now = UInt64(clamping: UnixTime.systemTime.seconds)
        let request = key.sign(update.message(id: id).encoded(), now: now, hmac: TSIGKey.hmac)
        let response = try exchange(request.bytes)
        do throws(TSIGFailure) {
            try key.verify(response, requestMAC: request.mac, now: now, hmac: TSIGKey.hmac)
        } catch {
            throw .notBelieved(error, Self.code(of: response))
        }
        guard let code = Self.code(of: response) else { throw .malformed }
        guard code == .noError else { throw .refused(code) }
    }

    private static func code(of response: [UInt8]) -> DNSResponseCode? {
        // `try?`: it is only wanted for a message.
        (try? DNSMessage(parsing: response.span))?.responseCode
    }

    /// Sends a message and returns the answer (RFC 1035 §4.2.2), from the first address that can be
    /// reached.
    private func exchange(_ message: [UInt8]) throws(UpdateFailure) -> [UInt8] {
        var last = UpdateFailure.malformed
        for address in try addresses() {
            do throws(UpdateFailure) {
                let answer = try exchange(message, with: SocketAddress(address, port: server.port))
                guard answer.isEmpty else { return answer }
                last = .timedOut
            } catch {
                last = error
            }
        }
        throw last
    }

    private func addresses() throws(UpdateFailure) -> [IPAddress] {
        switch server.host {
        case .ip(let ip): return [ip]
        case .name(let name):
            do throws(Resolver.Failure) {
                return try Resolver.addresses(of: name)
            } catch {
                throw .unresolved(error.description)
            }
        }
    }

    /// - Returns: nothing if the server was too slow, or has closed the connection.
    private func exchange(_ message: [UInt8], with address: SocketAddress) throws(UpdateFailure)
        -> [UInt8]
    {
        do throws(SystemError) {
            let socket = try Socket.tcp(for: address)
            defer { socket.close() }
            let deadline = Clock.monotonicNanoseconds() + Self.patience
            var connection = BlockingConnection(socket: socket, deadline: deadline)
            guard try connection.connect(to: address), try connection.write(message) else {
                return []
            }
            return try connection.read()
        } catch {
            throw .unreachable(error)
        }
    }
}

/// Why another name server has not taken an update.
enum UpdateFailure: Error, Hashable {
    case key(TSIGKeyFileError)
    case unresolved(String)
    case unreachable(SystemError)
    case timedOut
    case malformed
    case refused(DNSResponseCode)
    /// With the code of the answer, if it has one.
    case notBelieved(TSIGFailure, DNSResponseCode?)
}

extension UpdateFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .key(let error): error.description
        case .unresolved(let reason): "cannot resolve its name: \(reason)"
        case .unreachable(let error): "cannot reach it: \(error)"
        case .timedOut: "it does not answer within 10 seconds, or closes the connection"
        case .malformed: "its answer is not a DNS message"
        case .refused(.notAuthoritative):
            "it does not have this zone (NOTAUTH; see dns.update.zone)"
        case .refused(.refused):
            "it does not allow this key to change these names (REFUSED; see its allow-update or"
                + " update-policy)"
        case .refused(let code): "it refused the update (\(code))"
        case .notBelieved(.unsigned, let code?): "its answer is not signed (\(code))"
        case .notBelieved(.unsigned, nil): "its answer is not signed"
        case .notBelieved(.rejected(.badKey), _):
            "it does not know the key, or has another algorithm for it (BADKEY)"
        case .notBelieved(.rejected(.badVersion), _), .notBelieved(.badSignature, _):
            "it has another secret for this key (BADSIG)"
        case .notBelieved(.rejected(.badTime), _), .notBelieved(.badTime, _):
            "its clock and the gateway's differ too much (BADTIME)"
        case .notBelieved(.rejected(let code), _): "it refused the signature (\(code))"
        case .notBelieved(.malformed, _): "its answer is malformed"
        }
    }
}

/// A connection whose calls wait, up to a deadline.
private struct BlockingConnection {
    let socket: Socket
    let deadline: Int64
    private let scratch = ScratchBuffer(byteCount: 16 << 10)
    private var received: [UInt8] = []

    init(socket: Socket, deadline: Int64) {
        self.socket = socket
        self.deadline = deadline
    }

    /// - Returns: whether it was in time, as for all others.
    func connect(to address: SocketAddress) throws(SystemError) -> Bool {
        switch socket.connect(to: address) {
        case .connected: return true
        case .failed(let error): throw error
        case .inProgress:
            guard wait(toWrite: true) else { return false }
            if let error = socket.takeError() { throw error }
            return true
        }
    }

    func write(_ message: [UInt8]) throws(SystemError) -> Bool {
        let bytes =
            [
                UInt8(truncatingIfNeeded: message.count >> 8),
                UInt8(truncatingIfNeeded: message.count),
            ]
            + message
        var offset = 0
        while offset < bytes.count {
            switch socket.write(bytes, from: offset) {
            case .bytes(let count): offset += count
            case .wouldBlock: guard wait(toWrite: true) else { return false }
            case .failed(let error): throw error
            }
        }
        return true
    }

    /// The next message; nothing if it does not come.
    mutating func read() throws(SystemError) -> [UInt8] {
        guard let head = try read(2), head != [0, 0],
            let message = try read(Int(head[0]) << 8 | Int(head[1]))
        else { return [] }
        return message
    }

    private mutating func read(_ count: Int) throws(SystemError) -> [UInt8]? {
        while received.count < count {
            switch socket.read(into: scratch) {
            case .bytes(let count): received += scratch.copy(0..<count)
            case .wouldBlock: guard wait(toWrite: false) else { return nil }
            case .endOfStream: return nil
            case .failed(let error): throw error
            }
        }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    private func wait(toWrite: Bool) -> Bool {
        let rest = (deadline - Clock.monotonicNanoseconds()) / 1_000_000
        return rest > 0
            && socket.waitUntilReady(toWrite: toWrite, milliseconds: Int32(clamping: rest))
    }
}
