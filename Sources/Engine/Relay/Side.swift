import Sockets

/// One end of a relayed connection: its socket, and what edge-triggered readiness has told of it.
///
/// A flag stays set until a call on the socket would block; an edge that is forgotten never comes
/// again.
struct Side {
    var socket: Socket
    var isReadable = false
    var isWritable = false
    /// The peer has sent its last byte, though perhaps not all has been read (EPOLLRDHUP).
    var endsAfterRead = false

    init(_ socket: Socket) {
        self.socket = socket
    }

    mutating func note(_ event: ReadinessEvent) {
        if event.isReadable { isReadable = true }
        if event.isWritable { isWritable = true }
        if event.isEndOfStream { endsAfterRead = true }
    }
}
