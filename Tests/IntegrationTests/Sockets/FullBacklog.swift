import Glibc

/// A backend that answers no SYN: its queue of established connections is full (listen(2)).
final class FullBacklog: Sendable {
    private let acceptor: Acceptor
    private let waiting: [Int32]

    init() throws {
        let acceptor = try Acceptor(backlog: 0)
        self.acceptor = acceptor
        waiting = try (0..<8).map { _ in try Self.beginConnecting(to: acceptor.endpoint) }
        pause(.milliseconds(200))
    }

    deinit {
        for descriptor in waiting { close(descriptor) }
    }

    var endpoint: Endpoint { acceptor.endpoint }

    private static func beginConnecting(to endpoint: Endpoint) throws -> Int32 {
        let flags = Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC
        let descriptor = socket(endpoint.family, flags, 0)
        guard descriptor >= 0 else { throw SocketError("socket") }
        _ = unsafe endpoint.withSocketAddress { unsafe connect(descriptor, $0, $1) }
        return descriptor
    }
}
