import Addresses
import Foundation
import Sockets

/// Listens on a free port of 127.0.0.1 and says the same thing to every request.
final class CannedServer: Sendable {
    private let listener: ListeningSocket

    /// - Parameter answer: said after a request's head; `nil` to stay silent and keep the connection.
    init(_ answer: String?) throws {
        listener = try ListeningSocket(
            on: SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0),
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 60, count: 3)
        )
        Thread.detachNewThread { [weak self, listener] in
            while self != nil { Self.serve(answer, on: listener) }
        }
    }

    var address: String { listener.address.description }

    private static func serve(_ answer: String?, on listener: ListeningSocket) {
        guard case .accepted(let socket, _) = listener.accept() else {
            return Thread.sleep(forTimeInterval: 0.001)
        }
        defer { socket.close() }
        readHead(from: socket)
        if let answer {
            write(answer, to: socket)
        } else {
            // Until the client gives up.
            readHead(from: socket)
        }
    }

    private static func readHead(from socket: Socket) {
        let buffer = ScratchBuffer(byteCount: 4_096)
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            switch socket.read(into: buffer) {
            case .bytes(let count): head += buffer.copy(0..<count)
            case .wouldBlock: _ = socket.waitUntilReady(toWrite: false, milliseconds: 60_000)
            case .endOfStream, .failed: return
            }
        }
    }

    private static func write(_ text: String, to socket: Socket) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            switch socket.write(bytes, from: offset) {
            case .bytes(let count): offset += count
            case .wouldBlock: _ = socket.waitUntilReady(toWrite: true, milliseconds: 60_000)
            default: return
            }
        }
    }
}
