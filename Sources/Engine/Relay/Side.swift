import Sockets

/// One end of a relayed connection: its socket, and what edge-triggered readiness has told of it.
///
/// A flag stays set until a call on the socket would block; an edge that is forgotten never comes
/// again.
struct Side {
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

    /// Takes note of a read that brought `count` of the `limit` bytes that were asked for.
    ///
    /// One that comes short has drained the socket: what comes next makes a new edge. Where the end
    /// of the stream was announced, it has met that, for the system puts the end behind all bytes;
    /// the side stays readable for whoever wants to read the end all the same. Behind urgent data
    /// or a failure only the next read tells.
    ///
    /// - Returns: whether the stream ended with these bytes.
    @discardableResult
    mutating func noteRead(_ count: Int, of limit: Int) -> Bool {
        guard count < limit, !hasUrgentData, !hasFailed else { return false }
        if !endsAfterRead { isReadable = false }
        return endsAfterRead
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
