import Glibc
import Synchronization

/// One end of a TCP connection, with blocking calls that give up after ``patience``.
final class Connection: Sendable {
    /// What one read brought.
    enum Received: Equatable { case bytes([UInt8]), endOfStream, reset }

    /// How the other side ended.
    enum Ending: Equatable { case endOfStream, reset }

    let descriptor: Int32
    private let isOpen = Mutex(true)

    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        set(deadline: patience)
        set(IPPROTO_TCP, TCP_NODELAY, to: Int32(1))
    }

    /// Connects, from `source` where one is given.
    ///
    /// - Parameter limit: how long a single call waits.
    init(
        to endpoint: Endpoint,
        from source: String? = nil,
        within limit: Duration = patience
    ) throws {
        descriptor = socket(endpoint.family, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SocketError("socket") }
        set(deadline: limit)
        set(IPPROTO_TCP, TCP_NODELAY, to: Int32(1))
        if let source { try bind(to: source) }
        let result = unsafe endpoint.withSocketAddress { unsafe Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else { throw SocketError("connect to \(endpoint)") }
    }

    /// Connects to a Unix socket.
    init(toSocketAt path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SocketError("socket") }
        set(deadline: patience)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            throw HarnessError("too long for a socket: \(path)")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8)
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SocketError("connect to \(path)") }
    }

    deinit {
        close()
    }

    func close() {
        isOpen.withLock { isOpen in
            if isOpen { Glibc.close(descriptor) }
            isOpen = false
        }
    }

    /// Closes with a RST instead of a FIN.
    func reset() {
        set(SOL_SOCKET, SO_LINGER, to: linger(l_onoff: 1, l_linger: 0))
        close()
    }

    /// Sends a FIN; the other direction stays open.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// How long a single call waits.
    func set(deadline: Duration) {
        let (seconds, attoseconds) = deadline.components
        let limit = timeval(
            tv_sec: Int(seconds),
            tv_usec: Int(attoseconds / 1_000_000_000_000)
        )
        set(SOL_SOCKET, SO_RCVTIMEO, to: limit)
        set(SOL_SOCKET, SO_SNDTIMEO, to: limit)
    }

    func set<Value>(_ level: some BinaryInteger, _ option: Int32, to value: Value) {
        unsafe withUnsafeBytes(of: value) {
            _ = unsafe setsockopt(
                descriptor,
                Int32(level),
                option,
                $0.baseAddress,
                socklen_t($0.count)
            )
        }
    }

    private func bind(to source: String) throws {
        // The port is chosen at connect, so that many connections may share a source address.
        set(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, to: Int32(1))
        let address = Endpoint(source, 0)
        let result = unsafe address.withSocketAddress { unsafe Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw SocketError("bind to \(source)") }
    }
}
