import Addresses
import Glibc
import Sockets

/// A new socket, as the gateway makes one for a backend, and a listener for it.
struct FreshPair {
    let socket: Socket
    private let listener: ListeningSocket

    init() throws {
        let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)
        let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        listener = try ListeningSocket(on: loopback, keepalive: keepalive)
        socket = try Socket.tcp(for: listener.address)
    }

    /// Over loopback the handshake is over when connect(2) returns, or within a moment.
    func connect() {
        _ = socket.connect(to: listener.address)
        _ = socket.waitUntilReady(toWrite: true, milliseconds: 5_000)
    }

    func close() { socket.close() }
}

extension Socket {
    /// A number among TCP's options (tcp(7)).
    func tcpOption(_ name: Int32) -> Int32 {
        var value: Int32 = -1
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), name, &value, &size)
        return value
    }

    /// What epoll says once the end of the stream or a failure has come.
    func endEvent() throws -> ReadinessEvent {
        try nextEvent { $0.isEndOfStream }
    }

    /// What epoll says, once it is what is waited for.
    func nextEvent(where fits: (ReadinessEvent) -> Bool = { $0.isReadable }) throws
        -> ReadinessEvent
    {
        let epoll = try Epoll(wakeToken: 1, timerToken: 2)
        try epoll.add(self, token: 3)
        while true {
            for index in 0..<(try epoll.wait(milliseconds: 5_000)) {
                let event = epoll.event(at: index)
                if event.token == 3, fits(event) { return event }
            }
        }
    }

    /// Bytes that were written and not sent yet (SIOCOUTQNSD, linux/sockios.h).
    var unsentByteCount: Int32 {
        var count: Int32 = -1
        _ = unsafe ioctl(descriptor, 0x894B, &count)
        return count
    }

    /// Sends a byte as urgent data (MSG_OOB, send(2)).
    func writeUrgent(_ byte: UInt8) {
        var byte = byte
        _ = unsafe send(descriptor, &byte, 1, Int32(MSG_OOB))
    }
}
