import Addresses
import Sockets

/// Two connected TCP sockets on loopback: what a flow moves bytes between.
struct SocketPair {
    /// The end that the code under test has.
    let inner: Socket
    /// The far end, which the test drives.
    let outer: Socket

    init() throws {
        let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)
        let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        let listener = try ListeningSocket(on: loopback, keepalive: keepalive)
        outer = try Socket.tcp(for: listener.address)
        _ = outer.connect(to: listener.address)
        guard outer.waitUntilReady(toWrite: true, milliseconds: 5_000) else {
            throw SystemError(code: 110)
        }
        while true {
            if case .accepted(let socket, _) = listener.accept() {
                inner = socket
                return
            }
        }
    }

    /// Two ends that exist already.
    init(inner: Socket, outer: Socket) {
        self.inner = inner
        self.outer = outer
    }

    func close() {
        inner.close()
        outer.close()
    }
}

extension Socket {
    /// Writes everything, waiting for room.
    func writeAll(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            switch write(bytes, from: offset) {
            case .bytes(let count): offset += count
            case .wouldBlock: _ = waitUntilReady(toWrite: true, milliseconds: 1_000)
            case .failed: return
            }
        }
    }

    /// Reads what is there now; `nil` at the end of the stream.
    func readAvailable(waiting milliseconds: Int32 = 1_000) -> [UInt8]? {
        _ = waitUntilReady(toWrite: false, milliseconds: milliseconds)
        let scratch = ScratchBuffer(byteCount: 65_536)
        switch read(into: scratch) {
        case .bytes(let count): return scratch.copy(0..<count)
        case .wouldBlock: return []
        case .endOfStream, .failed: return nil
        }
    }
}
