import HTTPProtocol
import Sockets
import Traffic

/// One direction of a relayed connection: moves bytes from one socket to the other.
///
/// Bytes are read into the shard's scratch buffer and written immediately; only what the
/// destination does not accept is kept, and while anything is kept nothing is read: that is the
/// backpressure, and the bound on memory. A direction that fills the buffer several times in a row
/// is switched to a pipe (splice(2)), and back when its bytes arrive in small pieces.
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
        /// The destination accepts no more bytes.
        case destinationFailed(SideFailure)
    }

    /// Where a flow ends before its stream does; boxed because few flows do.
    private final class Bound {
        var length: BodyLength
        /// Bytes that were read beyond it.
        var excess: [UInt8] = []

        init(_ length: BodyLength, excess: [UInt8] = []) {
            self.length = length
            self.excess = excess
        }
    }

    /// What the destination has not yet taken; boxed, for most of the time there is nothing.
    private final class Pending {
        var bytes: [UInt8]
        /// The first byte that is still to be written.
        var offset = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        var byteCount: Int { bytes.count - offset }
    }

    private enum Source: Equatable { case open, ended, failed(SideFailure), closed }

    /// Bytes read from the source so far.
    private(set) var byteCount: UInt64 = 0
    private var pending: Pending?
    private var pipe: Pipe?
    /// Where the bytes that it moves end; `nil` if that is the end of the stream.
    private var bound: Bound?
    private var source = Source.open
    /// Reads in a row that filled the scratch buffer.
    private var fullReads: UInt8 = 0
    /// Splices in a row that moved little.
    private var smallSplices: UInt8 = 0

    /// After this many full reads in a row a pipe is used.
    private static let fullReadsBeforeSplice = 2
    /// Below this many bytes a splice costs more than a copy.
    private static let smallSpliceByteCount = 16_384
    private static let smallSplicesBeforeCopy: UInt8 = 8

    /// Whether bytes wait for the destination.
    var hasPending: Bool { pending != nil || (pipe?.heldByteCount ?? 0) > 0 }

    /// How many do.
    var pendingByteCount: Int { (pending?.byteCount ?? 0) + (pipe?.heldByteCount ?? 0) }

    /// Whether bytes move in bulk.
    var isSplicing: Bool { pipe != nil }

    /// Moves no bytes beyond `length`. Of those, `excess` were read already.
    mutating func end(at length: BodyLength?, excess: [UInt8] = []) {
        guard let length else { return bound = nil }
        setBound(length, excess: excess)
    }

    /// Whether there is a bound, and all up to it was passed on.
    var isAtBound: Bool { (bound?.length.isComplete ?? false) && !hasPending }

    /// Whether something was read beyond the bound.
    var hasExcess: Bool { bound?.excess.isEmpty == false }

    /// Returns what was read beyond the bound.
    func takeExcess() -> [UInt8] {
        guard let bound, !bound.excess.isEmpty else { return [] }
        defer { bound.excess = [] }
        return bound.excess
    }

    /// Counts bytes that were sent without the flow.
    mutating func count(_ byteCount: Int) { self.byteCount += UInt64(byteCount) }

    /// Sends bytes that were not read from the source by the flow, before all that it will read.
    mutating func enqueue(_ bytes: [UInt8], countedByteCount: Int) {
        byteCount += UInt64(countedByteCount)
        keep(bytes)
    }

    private mutating func keep(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if let pending { pending.bytes += bytes } else { pending = Pending(bytes) }
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
            if let stop = writeEnd(to: destination) { return stop }
            guard self.source == .open, source.isReadable, destination.isWritable else {
                return .waiting
            }
            if let bound, bound.length.isComplete { return .waiting }
            guard rest > 0 else { return .turnIsOver }
            let before = byteCount
            if let pipe, bound?.length.certainByteCount != 0 {
                fill(pipe, from: &source, limit: rest, with: tools)
            } else if let stop = copy(from: &source, to: &destination, with: tools) {
                return stop
            }
            rest -= max(Int(byteCount - before), source.readCost)
        }
    }

    /// Sends what was enqueued, and reads nothing.
    mutating func sendPending(to destination: inout Side, with tools: RelayTools) -> Stop {
        flush(to: &destination, with: tools) ?? .waiting
    }

    /// Stops reading from the source; what is pending is dropped.
    mutating func close(with tools: RelayTools) {
        source = .closed
        dropPending(with: tools)
    }

    /// Begins again with another destination: what the old one has not taken is dropped.
    mutating func dropPending(with tools: RelayTools) {
        pending = nil
        releasePipe(to: tools)
    }

    /// Starts again with another source, whose bytes may have another form; what is pending is kept.
    mutating func reopen(with tools: RelayTools) {
        source = .open
        bound = nil
        fullReads = 0
        // A pipe that still holds bytes is released after them.
        smallSplices = Self.smallSplicesBeforeCopy
        if pipe?.heldByteCount == 0 { releasePipe(to: tools) }
    }

    /// Passes the source's end on, once nothing is pending.
    private mutating func writeEnd(to destination: Side) -> Stop? {
        switch source {
        case .ended:
            guard destination.announceEnd() else { return .waiting }
            source = .closed
            return .endOfStream
        case .failed(let failure):
            source = .closed
            return .sourceFailed(failure)
        case .open, .closed:
            return nil
        }
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
        switch source.read(into: tools.scratch, atMost: readLimit) {
        case .bytes(let count, let isLast):
            if source.isSpliceable(.reading), destination.isSpliceable(.writing) {
                recordFill(count == tools.scratch.byteCount, with: tools)
            }
            let own = bound.map { takeOwn(count, upTo: $0, with: tools) } ?? count
            // The end of a bounded stream is that of what follows.
            let isEnd = isLast && bound?.length.isComplete != true
            return pass(own, isLast: isEnd, to: &destination, with: tools)
        case .wouldBlock: break
        case .endOfStream: self.source = .ended
        case .failed(let failure): self.source = .failed(failure)
        }
        return nil
    }

    /// How much may be read without reading beyond a known bound.
    private var readLimit: Int {
        guard let bound, bound.length.certainByteCount > 0 else { return .max }
        return bound.length.certainByteCount
    }

    /// Passes on bytes in the scratch buffer: all those before `start`, and those that lie before a
    /// new bound. Others are dropped.
    mutating func pass(
        _ count: Int,
        from start: Int,
        upTo length: BodyLength,
        to destination: inout Side,
        with tools: RelayTools
    ) -> Stop? {
        let bound = setBound(length)
        let own = takeOwn(count, from: start, upTo: bound, with: tools)
        return pass(own, isLast: false, to: &destination, with: tools)
    }

    @discardableResult
    private mutating func setBound(_ length: BodyLength, excess: [UInt8] = []) -> Bound {
        guard let bound else {
            let bound = Bound(length, excess: excess)
            self.bound = bound
            return bound
        }
        bound.length = length
        // What was read stays: of a request that is repeated, the next ones are there already.
        if !excess.isEmpty { bound.excess += excess }
        return bound
    }

    /// How many of the bytes from a read lie before the bound; the others are kept.
    ///
    /// - Parameter start: where the bytes are under the bound.
    private mutating func takeOwn(
        _ count: Int,
        from start: Int = 0,
        upTo bound: Bound,
        with tools: RelayTools
    ) -> Int {
        do {
            let own = try tools.scratch.withBytes(in: start..<count) {
                (bytes) throws(HTTPSyntaxError) in
                try bound.length.receive(bytes)
            }
            if start + own < count { bound.excess = tools.scratch.copy((start + own)..<count) }
            return start + own
        } catch {
            // Where the next message starts is unknown.
            source = .failed(.reset)
            return 0
        }
    }

    /// Passes on what one read has put into the scratch buffer.
    ///
    /// - Returns: why no more can be moved now; `nil` if it can.
    mutating func pass(
        _ count: Int,
        isLast: Bool,
        to destination: inout Side,
        with tools: RelayTools
    ) -> Stop? {
        byteCount += UInt64(count)
        if isLast { source = .ended }
        guard count > 0 else { return nil }
        if hasPending {
            keep(tools.scratch.copy(0..<count))
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
        switch destination.write(scratch, 0..<count, hasMore: isLast) {
        case .bytes(count): return nil
        case .bytes(let part): written = part
        case .wouldBlock: break
        case .failed(let failure): return .destinationFailed(failure)
        }
        keep(scratch.copy(written..<count))
        return destination.isWritable ? nil : .waiting
    }

    private mutating func recordFill(_ isFilled: Bool, with tools: RelayTools) {
        guard isFilled else {
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
        guard let pending else { return nil }
        while pending.byteCount > 0 {
            switch destination.write(pending.bytes, from: pending.offset) {
            case .bytes(let count): pending.offset += count
            case .wouldBlock: return .waiting
            case .failed(let failure): return .destinationFailed(failure)
            }
        }
        self.pending = nil
        return nil
    }

    private mutating func flushPipe(to destination: inout Side, with tools: RelayTools) -> Stop? {
        guard let pipe else { return nil }
        while pipe.heldByteCount > 0 {
            switch destination.drain(pipe) {
            case .bytes: continue
            case .wouldBlock: return .waiting
            case .failed(let failure): return .destinationFailed(failure)
            }
        }
        if smallSplices >= Self.smallSplicesBeforeCopy { releasePipe(to: tools) }
        return nil
    }
}

// MARK: - Splicing

extension Flow {
    /// One splice into the empty pipe; the next flush passes it on.
    private mutating func fill(
        _ pipe: Pipe,
        from source: inout Side,
        limit: Int,
        with tools: RelayTools
    ) {
        switch source.fill(pipe, limit: min(limit, readLimit)) {
        case .bytes(let count, _):
            byteCount += UInt64(count)
            tools.recordSpliced(count)
            bound?.length.skip(count)
            smallSplices = count < Self.smallSpliceByteCount ? smallSplices + 1 : 0
        case .wouldBlock where !source.isReadable: break
        case .wouldBlock, .endOfStream: releasePipe(to: tools)
        case .failed(let failure): self.source = .failed(failure)
        }
    }

    private mutating func releasePipe(to tools: RelayTools) {
        guard let pipe else { return }
        self.pipe = nil
        tools.giveBack(pipe)
    }
}
