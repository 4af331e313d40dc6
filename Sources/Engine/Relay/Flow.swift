import Core
import Sockets

/// One direction of a relayed connection: what moves bytes from one socket to the other.
///
/// Bytes are read into the shard's scratch buffer and written on at once; only what the
/// destination would not take is kept, and while anything is kept nothing is read: that is the
/// backpressure, and the bound on memory. A direction that fills the buffer again and again is
/// switched to a pipe (splice(2)), and back when its bytes come in small pieces.
struct Flow {
    /// Why moving stopped.
    enum Stop: Equatable {
        /// Nothing to do before the next readiness event.
        case waiting
        /// There may be more to do, but it is others' turn.
        case turnIsOver
        /// The source has ended, and all of it was passed on. Said once.
        case endOfStream
        /// The source failed, and what it had delivered was passed on. Said once.
        case sourceFailed(SideFailure)
        /// The destination takes nothing any more.
        case destinationFailed(SideFailure)
    }

    private enum Source: Equatable { case open, ended, failed(SideFailure), closed }

    /// Bytes read from the source so far.
    private(set) var byteCount: UInt64 = 0
    /// What the destination has not yet taken, from `pendingOffset` on.
    private var pending: [UInt8] = []
    private var pendingOffset = 0
    private var pipe: Pipe?
    private var source = Source.open
    /// Reads in a row that filled the scratch buffer.
    private var fullReads: UInt8 = 0
    /// Splices in a row that moved little.
    private var smallSplices: UInt8 = 0

    /// After so many full reads in a row a pipe is used.
    private static let fullReadsBeforeSplice = 2
    /// Below so many bytes a splice costs more than a copy.
    private static let smallSpliceByteCount = 16_384
    private static let smallSplicesBeforeCopy = 8

    /// Whether bytes wait for the destination.
    var hasPending: Bool { pendingOffset < pending.count || (pipe?.heldByteCount ?? 0) > 0 }

    /// How many do.
    var pendingByteCount: Int { pending.count - pendingOffset + (pipe?.heldByteCount ?? 0) }

    /// Whether bytes move in bulk.
    var isSplicing: Bool { pipe != nil }

    /// Sends bytes that were not read from the source by the flow, before all that it will read.
    mutating func enqueue(_ bytes: [UInt8], countedByteCount: Int) {
        byteCount += UInt64(countedByteCount)
        pending += bytes
    }

    /// Moves what can be moved now, and stops at the first moment when `limit` bytes or more have
    /// been read.
    mutating func move(
        from source: inout Side,
        to destination: inout Side,
        with tools: RelayTools,
        limit: Int = .max
    ) -> Stop {
        var rest = limit
        while true {
            if let stop = flush(to: &destination, with: tools) { return stop }
            if let stop = sayEnd() { return stop }
            guard self.source == .open, source.isReadable, destination.isWritable else {
                return .waiting
            }
            guard rest > 0 else { return .turnIsOver }
            let before = byteCount
            if let pipe {
                fill(pipe, from: &source, limit: rest, with: tools)
            } else if let stop = copy(from: &source, to: &destination, with: tools) {
                return stop
            }
            rest -= Int(byteCount - before)
        }
    }

    /// Sends what was enqueued, and reads nothing.
    mutating func sendPending(to destination: inout Side, with tools: RelayTools) -> Stop {
        flush(to: &destination, with: tools) ?? .waiting
    }

    /// Reads no more from the source; what is pending is dropped.
    mutating func close(with tools: RelayTools) {
        source = .closed
        pending = []
        pendingOffset = 0
        releasePipe(to: tools)
    }

    /// Passes the source's end on, once nothing is pending.
    private mutating func sayEnd() -> Stop? {
        switch source {
        case .ended:
            source = .closed
            return .endOfStream
        case .failed(let failure):
            source = .closed
            return .sourceFailed(failure)
        case .open, .closed:
            return nil
        }
    }

    private mutating func noteEnd(_ end: Source, of side: inout Side) {
        source = end
        side.isReadable = false
    }
}

// MARK: - Copying

extension Flow {
    /// One read, and one write of what it brought.
    private mutating func copy(
        from source: inout Side,
        to destination: inout Side,
        with tools: RelayTools
    ) -> Stop? {
        switch source.socket.read(into: tools.scratch) {
        case .bytes(let count):
            return pass(count, from: &source, to: &destination, with: tools)
        case .wouldBlock:
            source.isReadable = false
        case .endOfStream:
            noteEnd(.ended, of: &source)
        case .failed(let error):
            noteEnd(.failed(SideFailure(error)), of: &source)
        }
        return nil
    }

    /// Passes on what one read has put into the scratch buffer.
    ///
    /// - Returns: why no more can be moved now; `nil` where it can.
    mutating func pass(
        _ count: Int,
        from source: inout Side,
        to destination: inout Side,
        with tools: RelayTools
    ) -> Stop? {
        byteCount += UInt64(count)
        let limit = tools.scratch.byteCount
        noteFill(count == limit, of: source, with: tools)
        if source.noteRead(count, of: limit) { noteEnd(.ended, of: &source) }
        if hasPending {
            pending += tools.scratch.copy(0..<count)
            return nil
        }
        return write(tools.scratch, count: count, to: &destination)
    }

    private mutating func write(_ scratch: ScratchBuffer, count: Int, to destination: inout Side)
        -> Stop?
    {
        var written = 0
        // The end of the stream, which is said next, goes with the last bytes in one segment.
        let isLast = source == .ended
        switch destination.write(count, by: { $0.write(scratch, 0..<count, hasMore: isLast) }) {
        case .bytes(count): return nil
        case .bytes(let part): written = part
        case .wouldBlock: break
        case .failed(let error): return .destinationFailed(SideFailure(error))
        }
        destination.isWritable = false
        pending = scratch.copy(written..<count)
        pendingOffset = 0
        return .waiting
    }

    private mutating func noteFill(_ filled: Bool, of source: Side, with tools: RelayTools) {
        guard filled, !source.hasUrgentData else {
            fullReads = 0
            return
        }
        fullReads += 1
        if fullReads == Self.fullReadsBeforeSplice {
            fullReads = 0
            smallSplices = 0
            pipe = tools.takePipe()
        }
    }
}

// MARK: - What is pending

extension Flow {
    /// Writes what is pending; `nil` when nothing is left.
    private mutating func flush(to destination: inout Side, with tools: RelayTools) -> Stop? {
        guard hasPending else { return nil }
        guard destination.isWritable else { return .waiting }
        if let stop = flushBuffer(to: &destination) { return stop }
        return flushPipe(to: &destination, with: tools)
    }

    private mutating func flushBuffer(to destination: inout Side) -> Stop? {
        while pendingOffset < pending.count {
            let rest = pending.count - pendingOffset
            switch destination.write(rest, by: { $0.write(pending, from: pendingOffset) }) {
            case .bytes(let count):
                pendingOffset += count
            case .wouldBlock:
                return .waiting
            case .failed(let error):
                return .destinationFailed(SideFailure(error))
            }
        }
        pending = []
        pendingOffset = 0
        return nil
    }

    private mutating func flushPipe(to destination: inout Side, with tools: RelayTools) -> Stop? {
        guard let pipe else { return nil }
        while pipe.heldByteCount > 0 {
            switch destination.write(pipe.heldByteCount, by: { pipe.drain(to: $0) }) {
            case .bytes:
                continue
            case .wouldBlock:
                return .waiting
            case .failed(let error):
                return .destinationFailed(SideFailure(error))
            }
        }
        if smallSplices >= Self.smallSplicesBeforeCopy { releasePipe(to: tools) }
        return nil
    }
}

// MARK: - Splicing

extension Flow {
    /// One splice into the empty pipe; the next flush passes it on.
    ///
    /// At urgent data a splice stops for good, and behind it even says that the stream ended: what
    /// it brings nothing from, a read is asked about.
    private mutating func fill(
        _ pipe: Pipe,
        from source: inout Side,
        limit: Int,
        with tools: RelayTools
    ) {
        switch pipe.fill(from: source.socket, atMost: limit) {
        case .bytes(let count):
            byteCount += UInt64(count)
            smallSplices = count < Self.smallSpliceByteCount ? smallSplices + 1 : 0
        case .wouldBlock where !source.hasUrgentData:
            source.isReadable = false
        case .wouldBlock, .endOfStream:
            releasePipe(to: tools)
        case .failed(let error):
            noteEnd(.failed(SideFailure(error)), of: &source)
        }
    }

    private mutating func releasePipe(to tools: RelayTools) {
        guard let pipe else { return }
        self.pipe = nil
        tools.giveBack(pipe)
    }
}

extension SideFailure {
    /// What a failed call on a side's socket says of the side.
    init(_ error: SystemError) {
        self = error.isPeerUnreachable ? .unreachable : .reset
    }
}
