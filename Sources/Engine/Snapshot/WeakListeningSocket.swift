import Sockets

/// A weak reference to a listening socket.
struct WeakListeningSocket: Sendable {
    private(set) weak var socket: ListeningSocket?

    init(_ socket: ListeningSocket) {
        self.socket = socket
    }
}
