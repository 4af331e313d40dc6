import Addresses
import Foundation
import Glibc
import Sockets
import Synchronization

/// A server of known behaviour: each connection has a thread of its own, on which `script` runs.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (_ peer: ScriptedPeer) -> Void

    private let listener: ListeningSocket
    private let state: State

    /// What threads that outlive the server still touch.
    private final class State: Sendable {
        let hasStopped = Atomic(false)
        let accepted = Atomic(0)
    }

    /// Listens on a free port of 127.0.0.1 and accepts until it is stopped.
    init(backlog: Int32 = 4_096, _ script: @escaping Script) throws {
        let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        let address = SocketAddress(try IPAddress(parsing: "127.0.0.1"), port: 0)
        listener = try ListeningSocket(on: address, backlog: backlog, keepalive: keepalive)
        state = State()
        let (listener, state) = (listener, state)
        Thread.detachNewThread { Self.accept(listener, state, script) }
    }

    deinit { state.hasStopped.store(true, ordering: .relaxed) }

    var address: SocketAddress { listener.address }

    /// How many connections came.
    var acceptedCount: Int { state.accepted.load(ordering: .relaxed) }

    /// The same, once there are so many: a client need not wait until it is accepted.
    func acceptedCount(awaiting count: Int) -> Int {
        for _ in 0..<60_000 where acceptedCount < count { sleepForAMillisecond() }
        return acceptedCount
    }

    private static func accept(
        _ listener: ListeningSocket,
        _ state: State,
        _ script: @escaping Script
    ) {
        while !state.hasStopped.load(ordering: .relaxed) {
            guard case .accepted(let socket, _) = listener.accept() else {
                Thread.sleep(forTimeInterval: 0.000_5)
                continue
            }
            let number = state.accepted.add(1, ordering: .relaxed).oldValue
            Thread.detachNewThread {
                let peer = ScriptedPeer(socket, number: number)
                script(peer)
                peer.close()
            }
        }
    }
}

/// The server's end of one connection; its calls block for 20 s at most.
final class ScriptedPeer {
    /// Connections count from 0.
    let number: Int
    private let socket: Socket
    private let buffer = ScratchBuffer(byteCount: 65_536)
    private var isClosed = false

    init(_ socket: Socket, number: Int) {
        self.socket = socket
        self.number = number
    }

    /// Some bytes; `nil` at the end of the stream, whatever ended it. Once the end was closed here its
    /// descriptor may be another connection's.
    func read() -> [UInt8]? {
        while !isClosed {
            switch socket.read(into: buffer) {
            case .bytes(let count): return buffer.copy(0..<count)
            case .wouldBlock where socket.waitUntilReady(toWrite: false, milliseconds: 20_000):
                continue
            default: return nil
            }
        }
        return nil
    }

    /// Bytes up to an empty line; `nil` where the stream ends before it.
    func readHead() -> [UInt8]? {
        var received: [UInt8] = []
        while let bytes = read() {
            received += bytes
            if received.suffix(4).elementsEqual("\r\n\r\n".utf8) { return received }
        }
        return nil
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count, !isClosed {
            switch socket.write(bytes, from: offset) {
            case .bytes(let count): offset += count
            case .wouldBlock where socket.waitUntilReady(toWrite: true, milliseconds: 20_000):
                continue
            default: return
            }
        }
    }

    /// The kernel sends both in one segment (TCP_CORK, tcp(7)), if it need not wait for 200 ms.
    ///
    /// - Returns: whether that is certain.
    func writeTogetherWithTheEnd(_ text: String) -> Bool {
        let begin = Clock.monotonicNanoseconds()
        var isCorked: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(socket.descriptor, Int32(IPPROTO_TCP), TCP_CORK, &isCorked, size)
        write(text)
        socket.shutdownWrite()
        return Clock.monotonicNanoseconds() - begin < 150_000_000
    }

    func close() {
        if !isClosed { socket.close() }
        isClosed = true
    }

    func reset() {
        if !isClosed { socket.closeWithReset() }
        isClosed = true
    }
}

extension ScriptedPeer {
    static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Answers requests until the client is gone.
    func serve(_ answer: (Int) -> String? = { _ in ScriptedPeer.answer }) {
        var count = 0
        while readHead() != nil, let text = answer(count) {
            write(text)
            count += 1
        }
    }
}
