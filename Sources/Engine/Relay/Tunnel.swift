import HTTPProtocol
import Sockets
import Traffic

/// Whose bytes are moved; those of the other side are shown to something.
enum Reading { case both, client, backend }

/// A client's socket and a backend's, and the bytes between them in both directions.
///
/// It moves bytes; what the ends of streams and failures mean, ``Lifecycle`` knows. It neither waits
/// nor closes: its owner does.
struct Tunnel {
    /// Why moving stopped.
    enum Progress: Equatable {
        case waitForReadiness
        /// Call again after the other connections have had their turn.
        case takeTurn
        /// The side's stream has ended, and all of it was passed on.
        case endOfStream(from: RelaySide)
        /// Reading from the side failed, and what it had delivered was passed on.
        case readFailed(RelaySide, SideFailure)
        /// The side accepts no more bytes.
        case writeFailed(RelaySide, SideFailure)
        /// All up to the bounds was passed on, in both directions.
        case boundsReached
        /// The answer was passed on up to its bound, and the request was not.
        case answeredEarly
    }

    var client: Side
    var backend = Side.none
    private(set) var toBackend = Flow()
    private(set) var toClient = Flow()

    init(client: Side) {
        self.client = client
    }

    subscript(side: RelaySide) -> Side {
        get { side == .client ? client : backend }
        _modify {
            switch side {
            case .client: yield &client
            case .backend: yield &backend
            }
        }
    }

    /// Sends bytes before all that is still to be read; `isCounted` unless they are our own.
    mutating func enqueue(_ bytes: [UInt8], for side: RelaySide, isCounted: Bool) {
        guard !bytes.isEmpty else { return }
        let count = isCounted ? bytes.count : 0
        switch side {
        case .client: toClient.enqueue(bytes, countedByteCount: count)
        case .backend: toBackend.enqueue(bytes, countedByteCount: count)
        }
    }

    /// Counts bytes of the backend that were passed on to the client in another way.
    mutating func countToClient(_ byteCount: Int) { toClient.count(byteCount) }

    /// Sends bytes to the backend, before all that is still to be read; those that it does not accept at
    /// once are kept.
    mutating func sendToBackend(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        var writtenCount = 0
        if !toBackend.hasPending, backend.isWritable {
            switch backend.write(bytes) {
            case .bytes(let count): writtenCount = count
            case .wouldBlock: break
            // Whoever sends what is pending finds it again.
            case .failed: backend.isWritable = true
            }
        }
        let rest = writtenCount == bytes.count ? [] : Array(bytes[writtenCount...])
        toBackend.enqueue(rest, countedByteCount: bytes.count)
    }

    /// From now on bytes are relayed.
    mutating func beginRelay(with tools: RelayTools) {
        client.beginRelay(with: tools)
        backend.beginRelay(with: tools)
    }

    /// Moves what can be moved in both directions, at most about `limit` bytes in each.
    ///
    /// - Parameter reading: the sides whose bytes are not read by something else.
    mutating func advance(
        with tools: RelayTools,
        limit: Int = .max,
        reading: Reading = .both
    ) -> Progress {
        let upward =
            reading != .backend
            ? toBackend.move(from: &client, to: &backend, with: tools, limit: limit)
            : toBackend.sendPending(to: &backend, with: tools)
        if let end = end(by: upward, from: .client, with: tools) { return end }
        let downward =
            reading != .client
            ? toClient.move(from: &backend, to: &client, with: tools, limit: limit)
            : toClient.sendPending(to: &client, with: tools)
        if let end = end(by: downward, from: .backend, with: tools) { return end }
        if toClient.isAtBound { return toBackend.isAtBound ? .boundsReached : .answeredEarly }
        let isUnfinished = upward == .turnIsOver || downward == .turnIsOver
        return isUnfinished ? .takeTurn : .waitForReadiness
    }

    /// Sends what was enqueued, in both directions, and reads nothing.
    mutating func sendPending(with tools: RelayTools) -> Progress {
        let upward = toBackend.sendPending(to: &backend, with: tools)
        if let end = end(by: upward, from: .client, with: tools) { return end }
        let downward = toClient.sendPending(to: &client, with: tools)
        return end(by: downward, from: .backend, with: tools) ?? .waitForReadiness
    }

    /// Passes on the client's bytes that one read has put into the scratch buffer: what was held
    /// before them, and themselves from the offset on.
    mutating func pass(_ replay: Replay, _ count: Int, isLast: Bool, with tools: RelayTools)
        -> Progress
    {
        enqueue(replay.held, for: .backend, isCounted: true)
        guard replay.offset == 0 else {
            // Rare: a prologue has taken some of these bytes. An end is read once more.
            enqueue(tools.scratch.copy(replay.offset..<count), for: .backend, isCounted: true)
            return .waitForReadiness
        }
        let stop = toBackend.pass(count, isLast: isLast, to: &backend, with: tools)
        return stop.flatMap { end(by: $0, from: .client, with: tools) } ?? .waitForReadiness
    }

    /// What a direction's stop means to the owner; `nil` if it can continue some time.
    private mutating func end(by stop: Flow.Stop, from source: RelaySide, with tools: RelayTools)
        -> Progress?
    {
        switch stop {
        case .waiting, .turnIsOver: return nil
        case .endOfStream: return .endOfStream(from: source)
        case .sourceFailed(let failure): return .readFailed(source, failure)
        case .destinationFailed(let failure):
            switch source {
            case .client: toBackend.close(with: tools)
            case .backend: toClient.close(with: tools)
            }
            return .writeFailed(source.opposite, failure)
        }
    }

    /// Moves no bytes beyond the bounds until they change.
    mutating func end(at bounds: ExchangeBounds?) {
        toBackend.end(at: bounds?.toBackend, excess: bounds?.excess ?? [])
        // As long as an answer is awaited its bytes are not moved.
        toClient.end(at: bounds.map { $0.toClient ?? .bytes(.max) })
    }

    /// Passes on the backend's bytes that one read has put into the scratch buffer, as far as they
    /// belong to an answer.
    mutating func pass(_ answer: ExchangeAnswer, _ count: Int, with tools: RelayTools) -> Progress {
        enqueue(answer.held, for: .client, isCounted: true)
        let body = answer.body ?? .bytes(.max)
        guard answer.offset == 0 || answer.offset == count else {
            return passRest(of: answer, count, upTo: body, with: tools)
        }
        let (count, start) = answer.offset == 0 ? (count, answer.bodyOffset) : (0, 0)
        let stop = toClient.pass(count, from: start, upTo: body, to: &client, with: tools)
        if let end = stop.flatMap({ end(by: $0, from: .backend, with: tools) }) { return end }
        // Of most answers this is all.
        return toClient.isAtBound && toBackend.isAtBound ? .boundsReached : .waitForReadiness
    }

    /// Rare: some of the bytes are not passed on as is.
    private mutating func passRest(
        of answer: ExchangeAnswer,
        _ count: Int,
        upTo body: BodyLength,
        with tools: RelayTools
    ) -> Progress {
        var body = body
        let bytes = tools.scratch.copy(answer.bodyOffset..<count)
        do {
            let own = try body.receive(bytes.span)
            let end = answer.bodyOffset + own
            enqueue(tools.scratch.copy(answer.offset..<end), for: .client, isCounted: true)
            toClient.end(at: body, excess: tools.scratch.copy(end..<count))
            return .waitForReadiness
        } catch {
            return .readFailed(.backend, .reset)
        }
    }

    /// Whether either side has sent more than its bound.
    var hasExcess: Bool { toBackend.hasExcess || toClient.hasExcess }

    /// Returns what `side` has sent beyond its bound.
    mutating func takeExcess(of side: RelaySide) -> [UInt8] {
        switch side {
        case .client: toBackend.takeExcess()
        case .backend: toClient.takeExcess()
        }
    }

    /// Whether bytes of `side` wait for the other one, which accepts no more.
    func hasPending(from side: RelaySide) -> Bool {
        side == .client ? toBackend.hasPending : toClient.hasPending
    }

    /// Bytes that were read, in both directions.
    var byteCount: UInt64 { toBackend.byteCount + toClient.byteCount }

    /// Whether it moves bytes in bulk, in either direction.
    var isSplicing: Bool { toClient.isSplicing || toBackend.isSplicing }

    /// Whether bytes wait here for a side that accepts no more.
    var hasPending: Bool { toClient.hasPending || toBackend.hasPending }

    /// Closes the backend's socket, if there is one; the client's stays. Counts stay too.
    mutating func dropBackend() {
        if backend.isOpen { backend.close() }
        backend = .none
    }

    /// Closes the backend's socket in favour of another one. What it has sent still goes to the client;
    /// what was meant for it goes nowhere.
    mutating func replaceBackend(with tools: RelayTools) {
        dropBackend()
        toBackend.dropPending(with: tools)
        toClient.reopen(with: tools)
    }

    /// Frees what the flows hold. Both sockets stay the owner's.
    mutating func close(with tools: RelayTools) {
        toBackend.close(with: tools)
        toClient.close(with: tools)
    }
}
