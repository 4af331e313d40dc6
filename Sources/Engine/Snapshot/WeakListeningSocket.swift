import Sockets

/// A listening socket that is held by others, or by nobody any more.
struct WeakListeningSocket: Sendable {
    private(set) weak var socket: ListeningSocket?

    init(_ socket: ListeningSocket) {
        self.socket = socket
    }
}
