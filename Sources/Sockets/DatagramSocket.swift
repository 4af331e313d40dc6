public import Addresses
internal import CSockets

/// A non-blocking UDP socket for a server, closed when its last owner releases it.
public final class DatagramSocket: Sendable {
    let socket: Socket
    /// The address it is bound to; the port is the actual one, even if 0 was requested.
    public let address: SocketAddress

    /// Binds. An IPv6 socket takes no IPv4 datagrams.
    public init(on address: SocketAddress) throws(SystemError) {
        let socket = Socket(
            descriptor: try SystemError.check(csockets_udp_socket(address.isIPv6 ? 1 : 0))
        )
        do {
            if address.isIPv6 {
                try SystemError.check(csockets_set_ipv6_only(socket.descriptor, 1))
            }
            var system = address.system
            try SystemError.check(unsafe csockets_bind(socket.descriptor, &system))
            self.address = try socket.localAddress()
        } catch {
            socket.close()
            throw error
        }
        self.socket = socket
    }

    deinit {
        socket.close()
    }
}

extension Epoll {
    /// Watches a datagram socket, level-triggered.
    public func add(_ socket: DatagramSocket, token: UInt64) throws(SystemError) {
        let descriptor = socket.socket.descriptor
        try SystemError.check(csockets_epoll_add_level(self.descriptor, descriptor, token, 0))
    }

    /// Watches a datagram socket no longer.
    public func remove(_ socket: DatagramSocket) {
        // A failure means that it was not watched, which is the goal.
        _ = csockets_epoll_remove(descriptor, socket.socket.descriptor)
    }
}

/// Datagrams that are received and answered together, with one system call for each (recvmmsg(2),
/// sendmmsg(2)).
///
/// An answer leaves from the address that its datagram was sent to, also if the socket has all of the
/// machine's (IP_PKTINFO, ip(7)). Not to be shared between threads.
@safe public final class DatagramBatch {
    private let datagrams: OpaquePointer
    private let answerByteCount: Int
    /// How many were received.
    public private(set) var count = 0

    /// - Parameters:
    ///   - byteCount: larger datagrams come out empty.
    ///   - answerByteCount: larger answers are not sent.
    /// - Throws: ENOMEM.
    public init(capacity: Int, byteCount: Int, answerByteCount: Int) throws(SystemError) {
        guard
            let datagrams = unsafe csockets_datagrams_create(
                Int32(capacity),
                Int32(byteCount),
                Int32(answerByteCount)
            )
        else { throw .outOfMemory }
        unsafe self.datagrams = datagrams
        self.answerByteCount = answerByteCount
    }

    deinit {
        unsafe csockets_datagrams_free(datagrams)
    }

    /// Receives what is waiting, in place of what was received before.
    public func receive(from socket: DatagramSocket) throws(SystemError) {
        count = 0
        let received = unsafe csockets_datagrams_receive(socket.socket.descriptor, datagrams)
        count = Int(try SystemError.check(received))
    }

    /// Lends one datagram and its sender to `body`.
    public func withDatagram<Result>(
        at index: Int,
        _ body: (Span<UInt8>, SocketAddress) -> Result
    ) -> Result {
        precondition(index >= 0 && index < count)
        var peer = csockets_address()
        var byteCount: Int32 = 0
        let start = unsafe csockets_datagrams_bytes(datagrams, Int32(index), &byteCount, &peer)
        let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(byteCount))
        return body(unsafe Span(_unsafeElements: bytes), SocketAddress(peer))
    }

    /// Answers a datagram, at the next ``send(over:)``.
    public func answer(_ index: Int, with bytes: [UInt8]) {
        precondition(index >= 0 && index < count && bytes.count <= answerByteCount)
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe csockets_datagrams_answer(
                datagrams,
                Int32(index),
                buffer.baseAddress,
                Int32(buffer.count)
            )
        }
    }

    /// Sends the answers over the socket from which the datagrams came.
    ///
    /// - Returns: how many the system did not take.
    public func send(over socket: DatagramSocket) -> Int {
        Int(unsafe csockets_datagrams_send(socket.socket.descriptor, datagrams))
    }
}
