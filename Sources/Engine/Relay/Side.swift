import Sockets

/// One end of a relayed connection: its socket, and what edge-triggered readiness has told of it.
///
/// A flag stays set until a call on the socket would block; an edge that is forgotten never comes
/// again.
struct Side {
    /// What a read means that brought less than was asked for.
    enum ShortRead {
        /// Nothing is left; what comes next makes a new edge.
        case drained
        /// Those were the last bytes of the stream.
        case ended
        /// Only the next read tells.
        case undecided
    }

    var socket: Socket
    var isReadable = false
    var isWritable = false
    /// The peer's last byte has come, though perhaps it was not read (EPOLLRDHUP).
    private var endsAfterRead = false
    /// Reads stop short at urgent data, whatever lies behind (tcp(7)).
    private(set) var hasUrgentData = false
    private var hasFailed = false
    private var segments: SegmentPolicy

    /// - Parameter segments: what the socket's options make of small segments so far.
    init(_ socket: Socket, segments: SegmentPolicy = .immediate) {
        self.socket = socket
        self.segments = segments
    }

    mutating func note(_ event: ReadinessEvent) {
        if event.isReadable { isReadable = true }
        if event.isWritable { isWritable = true }
        if event.isEndOfStream { endsAfterRead = true }
        if event.isUrgent { hasUrgentData = true }
        if event.isError { hasFailed = true }
    }

    /// The system puts a stream's end behind all of its bytes: where it was announced, a read that
    /// comes short has met it, and no other read need fetch it.
    var shortRead: ShortRead {
        if hasUrgentData || hasFailed { return .undecided }
        return endsAfterRead ? .ended : .drained
    }

    /// Writes so many bytes at most by `operation`, and notes when no more are taken.
    mutating func write(_ byteCount: Int, by operation: (Socket) -> WriteOutcome) -> WriteOutcome {
        segments.prepare(socket, forWriting: byteCount)
        let outcome = operation(socket)
        switch outcome {
        case .bytes: segments.noteWritten(to: socket)
        case .wouldBlock, .failed: isWritable = false
        }
        return outcome
    }
}
