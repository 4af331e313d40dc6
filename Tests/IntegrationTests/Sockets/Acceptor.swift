import Glibc

/// A backend whose connections the test takes one by one.
final class Acceptor: Sendable {
    let endpoint: Endpoint
    let descriptor: Int32

    init(at endpoint: Endpoint, backlog: Int32 = 1024) throws {
        self.endpoint = endpoint
        descriptor = socket(endpoint.family, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SocketError("socket") }
        var one: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, length)
        unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, length)
        let bound = unsafe endpoint.withSocketAddress { unsafe bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, backlog) == 0 else {
            throw SocketError("listen on \(endpoint)")
        }
    }

    convenience init(host: String = "127.0.0.1", backlog: Int32 = 1024) throws {
        try self.init(at: .free(host), backlog: backlog)
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Whether somebody connects within `limit`; the connection stays in the queue.
    func isDialled(within limit: Duration) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = limit.components
        let milliseconds = Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        return unsafe poll(&request, 1, milliseconds) == 1 && request.revents & Int16(POLLIN) != 0
    }

    func accept(within limit: Duration = patience) throws -> Connection {
        guard isDialled(within: limit) else {
            throw HarnessError("nobody connected to \(endpoint) within \(limit)")
        }
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw SocketError("accept") }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return Connection(adopting: accepted)
    }

    /// Stops listening; whoever waits in ``accept(within:)`` fails.
    ///
    /// The descriptor stays until nobody holds this object: under a thread that still waits its
    /// number must not become another socket's.
    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
