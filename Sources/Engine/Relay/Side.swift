import Sockets
import Traffic

/// One end of a relayed connection: its transport, and what edge-triggered readiness has reported
/// about it.
///
/// Its flags stay set until a call would block; an edge that is forgotten never recurs.
struct Side {
    /// What a read has brought.
    enum Read: Equatable {
        /// At least one byte. If `isLast`, the stream has ended with them.
        case bytes(count: Int, isLast: Bool)
        case wouldBlock
        case endOfStream
        case failed(SideFailure)
    }

    /// What a write has done.
    enum Write: Equatable {
        /// Perhaps fewer than were offered.
        case bytes(count: Int)
        case wouldBlock
        case failed(SideFailure)
    }

    private var transport: Transport
    var isReadable = false
    var isWritable = false
    /// The peer's last byte has arrived, though possibly unread (EPOLLRDHUP).
    private var endsAfterRead = false
    /// Reads stop short at urgent data, whatever follows it (tcp(7)).
    private(set) var hasUrgentData = false
    /// Whether the socket has reported a failure.
    private(set) var hasFailed = false
    private var segments: SegmentPolicy

    /// - Parameter segments: what the socket's options make of small segments so far.
    init(_ transport: Transport, segments: SegmentPolicy = .immediate) {
        self.transport = transport
        self.segments = segments
    }

    /// - Parameter segments: what the socket's options make of small segments so far.
    init(_ socket: Socket, segments: SegmentPolicy = .immediate) {
        self.init(.plain(socket), segments: segments)
    }

    static var none: Side { Side(Socket.none) }

    /// How many bytes the last read counts for at least, in its turn.
    var readCost: Int {
        guard case .layered(let layer) = transport else { return 0 }
        return layer.readCost
    }

    /// For its options, and to be watched.
    var socket: Socket { transport.socket }

    var isOpen: Bool { socket.isOpen }

    /// Whether the bytes take another form on their way.
    var isLayered: Bool {
        guard case .layered = transport else { return false }
        return true
    }

    /// Whether the kernel can move bytes from here, or to here, without showing them.
    func isSpliceable(_ direction: KernelTLS.Direction) -> Bool {
        transport.isSpliceable(direction) && !hasUrgentData
    }

    mutating func record(_ event: ReadinessEvent) {
        if event.isReadable { isReadable = true }
        if event.isWritable { isWritable = true }
        if event.isEndOfStream { endsAfterRead = true }
        if event.isUrgent { hasUrgentData = true }
        if event.isError { hasFailed = true }
        guard case .layered(let layer) = transport else { return }
        if event.isReadable { layer.recordReadable(isEnding: endsAfterRead) }
        if event.isWritable { layer.flush() }
    }

    /// From now on the bytes take another form on their way.
    mutating func change(to layer: any TransportLayer) {
        transport = .layered(layer)
        // What a short read has drained has nothing more before its next edge.
        if isReadable { layer.recordReadable(isEnding: endsAfterRead) }
        isReadable = true
    }

    /// Continues the layer's handshake.
    mutating func handshake() -> Handshake {
        guard case .layered(let layer) = transport else { return .inProgress }
        let handshake = layer.handshake()
        isReadable = layer.mayHaveMore
        return handshake
    }

    /// From now on bytes are relayed: the kernel may do a layer's work.
    mutating func beginRelay(with tools: RelayTools) {
        guard case .layered(let layer) = transport, let kernel = tools.kernelTLS else { return }
        layer.handOver(to: kernel)
        isReadable = isReadable || layer.mayHaveMore
    }

    /// Whether the socket has accepted everything that was written, including a layer's
    /// announcement of the end: then closing it cuts nothing off.
    func announceEnd() -> Bool {
        guard case .layered(let layer) = transport else { return true }
        layer.endWriting()
        return !layer.hasUnsent
    }

    /// Announces to the peer that no more bytes will follow.
    func endWriting() {
        switch transport {
        case .plain(let socket): socket.shutdownWrite()
        case .layered(let layer): layer.endWriting()
        }
    }

    /// Closes the socket, by a reset or in the ordinary way.
    func close(byReset: Bool = false) {
        if byReset { socket.closeWithReset() } else { socket.close() }
    }
}

// MARK: - Reading

extension Side {
    /// Reads what has arrived into `buffer`, at most `limit` bytes.
    mutating func read(into buffer: ScratchBuffer, atMost limit: Int = .max) -> Read {
        switch transport {
        case .plain(let socket):
            let asked = min(limit, buffer.byteCount)
            return record(socket.read(into: buffer, atMost: asked), limit: asked)
        case .layered(let layer):
            let read = record(layer.read(into: buffer, atMost: limit), limit: nil)
            if case .bytes = read { isReadable = layer.mayHaveMore }
            return read
        }
    }

    /// Moves at most `limit` bytes into `pipe`, unseen.
    ///
    /// At urgent data a splice stops for good, and after it even reports the end of the stream: if
    /// it returns nothing, a read checks.
    mutating func fill(_ pipe: Pipe, limit: Int) -> Read {
        switch isLayered
            ? pipe.fillByRecords(from: socket, atMost: limit)
            : pipe.fill(from: socket, atMost: limit)
        {
        case .bytes(let count): return .bytes(count: count, isLast: false)
        case .wouldBlock where !hasUrgentData:
            isReadable = false
            return .wouldBlock
        case .wouldBlock: return .wouldBlock
        case .endOfStream: return .endOfStream
        // What is not application data, a layer reads.
        case .failed(let error) where isLayered && error.isUnreadableRecord: return .endOfStream
        case .failed(let error): return fail(error)
        }
    }

    private mutating func record(_ outcome: ReadOutcome, limit: Int?) -> Read {
        switch outcome {
        case .bytes(let count):
            return .bytes(count: count, isLast: limit.map { recordRead(count, of: $0) } ?? false)
        case .wouldBlock:
            isReadable = false
            return .wouldBlock
        case .endOfStream:
            isReadable = false
            return .endOfStream
        case .failed(let error):
            return fail(error)
        }
    }

    private mutating func fail(_ error: SystemError) -> Read {
        isReadable = false
        return .failed(SideFailure(error))
    }

    /// Records a read that returned `count` of the `limit` bytes requested.
    ///
    /// A short one has drained the socket: what arrives next causes a new edge. If the end of the
    /// stream was announced, it has reached that, because the kernel delivers the end after all
    /// bytes; the side stays readable for those who want to read the end anyway. After urgent data
    /// or a failure only the next read tells.
    ///
    /// - Returns: whether the stream ended with these bytes.
    private mutating func recordRead(_ count: Int, of limit: Int) -> Bool {
        guard count < limit, !hasUrgentData, !hasFailed else { return false }
        if !endsAfterRead { isReadable = false }
        return endsAfterRead
    }
}

// MARK: - Writing

extension Side {
    /// Writes the bytes of `buffer` in `range`.
    ///
    /// - Parameter hasMore: whether more, or the end of the stream, follows immediately.
    mutating func write(_ buffer: ScratchBuffer, _ range: Range<Int>, hasMore: Bool) -> Write {
        segments.prepare(socket, forWriting: range.count)
        switch transport {
        case .plain(let socket):
            let outcome = socket.write(buffer, range, hasMore: hasMore)
            // A socket that accepts only a part is full.
            if case .bytes(let count) = outcome, count < range.count { isWritable = false }
            return record(outcome)
        case .layered(let layer): return record(layer.write(buffer, range))
        }
    }

    /// Writes `bytes` from `offset` on.
    mutating func write(_ bytes: [UInt8], from offset: Int = 0) -> Write {
        segments.prepare(socket, forWriting: bytes.count - offset)
        switch transport {
        case .plain(let socket): return record(socket.write(bytes, from: offset))
        case .layered(let layer): return record(layer.write(bytes, from: offset))
        }
    }

    /// Writes what `pipe` holds, unseen.
    mutating func drain(_ pipe: Pipe) -> Write {
        segments.prepare(socket, forWriting: pipe.heldByteCount)
        return record(pipe.drain(to: socket))
    }

    private mutating func record(_ outcome: WriteOutcome) -> Write {
        switch outcome {
        case .bytes(let count):
            segments.recordWritten(to: socket)
            return .bytes(count: count)
        case .wouldBlock:
            isWritable = false
            return .wouldBlock
        case .failed(let error):
            isWritable = false
            return .failed(SideFailure(error))
        }
    }
}

extension SideFailure {
    /// What a failed call on a side's socket means for the side.
    init(_ error: SystemError) {
        self = error.isPeerUnreachable ? .unreachable : .reset
    }
}
