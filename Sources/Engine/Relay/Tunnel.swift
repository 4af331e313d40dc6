import Core
import ProxyProtocol
import Sockets

/// A client's socket and a backend's, and the bytes between them in both directions.
///
/// It moves bytes and asks ``Relay`` what the ends of streams and the failures mean; it neither
/// waits nor closes: its owner does, as ``Progress`` says.
struct Tunnel {
    /// What the owner must do.
    enum Progress: Equatable {
        case waitForReadiness
        /// Call again after the other connections have had their turn.
        case takeTurn
        /// Both streams ended: close both sides.
        case finished(ConnectionEnd)
        /// The backend stopped reading but had its say: close it, and let the client read that.
        case finishedGently(ConnectionEnd)
        /// Close both sides, the one that did not fail by a reset.
        case aborted(ConnectionEnd)
        /// The client's payload begins with a PROXY header that it must not send.
        case forgedHeader
        /// The backend has ended, or failed, without a byte for a client that waits for its greeting.
        case unanswered(SideFailure?)
    }

    var client: Side
    var backend = Side(.none)
    private(set) var toBackend = Flow()
    private(set) var toClient = Flow()
    private var relay = Relay()
    /// Looks whether the client's first bytes begin like a PROXY header; `nil` once that is known.
    private var signatureGuard: ProxySignatureGuard?
    /// The client's first bytes, from before a backend was connected; the guard has cleared them.
    private var firstBytes: [UInt8] = []
    /// Whether the backend speaks first.
    private let awaitsGreeting: Bool

    /// - Parameters:
    ///   - isGuarded: whether a client is refused whose payload begins like a PROXY header.
    ///   - awaitsGreeting: whether the backend speaks first, and a client can be told of its silence.
    init(client: Socket, isGuarded: Bool = true, awaitsGreeting: Bool = false) {
        self.client = Side(client)
        self.awaitsGreeting = awaitsGreeting
        signatureGuard = isGuarded ? ProxySignatureGuard() : nil
    }

    /// Takes the client's first bytes, which were read behind its PROXY header. Like all others
    /// they reach the backend through the guard alone.
    ///
    /// - Returns: false where they begin like a PROXY header, and the client is to be refused.
    mutating func take(_ payload: [UInt8]) -> Bool {
        guard signatureGuard != nil else {
            firstBytes += payload
            return true
        }
        switch signatureGuard?.receive(payload) {
        case .header: return false
        case .undecided, nil: return true
        case .clear:
            firstBytes = (signatureGuard?.heldBytes ?? []) + payload
            signatureGuard = nil
            return true
        }
    }

    /// The backend is connected: sends our own PROXY header, if there is one, before anything else.
    mutating func open(sending header: [UInt8]) {
        backend.isWritable = true
        toBackend.enqueue(header, countedByteCount: 0)
        toBackend.enqueue(firstBytes, countedByteCount: firstBytes.count)
        firstBytes = []
    }

    /// Moves what can be moved, in both directions; in each about `limit` bytes at most.
    mutating func advance(with tools: RelayTools, limit: Int = .max) -> Progress {
        var upward = Flow.Stop.waiting
        switch inspectFirstBytes(with: tools) {
        case .clear:
            upward = toBackend.move(from: &client, to: &backend, with: tools, limit: limit)
        case .undecided: upward = toBackend.sendPending(to: &backend, with: tools)
        case .forged: return .forgedHeader
        case .stopped(let stop): upward = stop
        }
        if let progress = react(to: upward, from: .client, with: tools) { return progress }
        let downward = toClient.move(from: &backend, to: &client, with: tools, limit: limit)
        if let progress = react(to: downward, from: .backend, with: tools) { return progress }
        let isUnfinished = upward == .turnIsOver || downward == .turnIsOver
        return isUnfinished ? .takeTurn : .waitForReadiness
    }

    /// Bytes that were read, in both directions.
    var byteCount: UInt64 { toBackend.byteCount + toClient.byteCount }

    /// Whether it moves bytes in bulk, in either direction.
    var isSplicing: Bool { toClient.isSplicing || toBackend.isSplicing }

    /// Whether bytes wait here for a side that takes no more.
    var hasPending: Bool { toClient.hasPending || toBackend.hasPending }

    /// Whether one side has ended, and the other may still send.
    var isHalfClosed: Bool { relay.isHalfClosed }

    /// What a failure of one side means that no read or write has shown (EPOLLERR).
    mutating func progress(afterFailureOf side: RelaySide) -> Progress {
        let socket = side == .client ? client.socket : backend.socket
        let failure = socket.takeError().map(SideFailure.init) ?? .reset
        if side == .backend, isUnanswered { return .unanswered(failure) }
        return .aborted(relay.end(after: failure, of: side))
    }

    /// Whether the client still waits for the backend's greeting.
    private var isUnanswered: Bool {
        awaitsGreeting && toClient.byteCount == 0 && !relay.hasEnded(.client)
    }

    /// Closes the backend's socket, if there is one; the client's stays. Counts stay too.
    mutating func dropBackend() {
        if backend.socket.isOpen { backend.socket.close() }
        backend = Side(.none)
    }

    /// Frees what the flows hold. Both sockets stay the owner's.
    mutating func close(with tools: RelayTools) {
        toBackend.close(with: tools)
        toClient.close(with: tools)
    }
}

// MARK: - What has come of moving

extension Tunnel {
    /// - Returns: `nil` where moving may go on.
    private mutating func react(
        to stop: Flow.Stop,
        from source: RelaySide,
        with tools: RelayTools
    ) -> Progress? {
        switch stop {
        case .waiting, .turnIsOver: return nil
        case .endOfStream where source == .backend && isUnanswered: return .unanswered(nil)
        case .endOfStream: return perform(relay.handle(.endOfStream(from: source)))
        case .sourceFailed(let failure) where source == .backend && isUnanswered:
            return .unanswered(failure)
        case .sourceFailed(let failure): return perform(relay.handle(.readFailed(source, failure)))
        case .destinationFailed(let failure):
            switch source {
            case .client: toBackend.close(with: tools)
            case .backend: toClient.close(with: tools)
            }
            return perform(relay.handle(.writeFailed(source.opposite, failure)))
        }
    }

    private func perform(_ action: Relay.Action) -> Progress? {
        switch action {
        case .none:
            return nil
        case .shutdownWrite(.client):
            client.socket.shutdownWrite()
            return nil
        case .shutdownWrite(.backend):
            backend.socket.shutdownWrite()
            return nil
        case .finish(let end):
            return .finished(end)
        case .finishGently(let end):
            return .finishedGently(end)
        case .abort(let end):
            return .aborted(end)
        }
    }

    private enum Inspection { case clear, undecided, forged, stopped(Flow.Stop) }

    /// Reads the client's first bytes, which the guard holds until it is clear what they are.
    private mutating func inspectFirstBytes(with tools: RelayTools) -> Inspection {
        while signatureGuard != nil {
            guard client.isReadable else { return .undecided }
            switch client.socket.read(into: tools.scratch) {
            case .bytes(let count):
                switch inspect(count, in: tools.scratch) {
                case .header: return .forged
                case .undecided: client.noteRead(count, of: tools.scratch.byteCount)
                case .clear: if let stop = passFirstBytes(count, with: tools) { return stop }
                }
            case .wouldBlock:
                client.isReadable = false
            case .endOfStream:
                // The flow reads the end once more, behind what was held.
                releaseHeldBytes()
            case .failed(let error):
                return .stopped(.sourceFailed(SideFailure(error)))
            }
        }
        return .clear
    }

    private mutating func inspect(_ count: Int, in scratch: ScratchBuffer)
        -> ProxySignatureGuard.Verdict
    {
        scratch.withBytes(in: 0..<count) { signatureGuard?.receive($0) ?? .clear }
    }

    /// Passes on what was held, and the read that decided. Mostly nothing was held.
    private mutating func passFirstBytes(_ count: Int, with tools: RelayTools) -> Inspection? {
        releaseHeldBytes()
        return toBackend.pass(count, from: &client, to: &backend, with: tools).map { .stopped($0) }
    }

    private mutating func releaseHeldBytes() {
        guard let held = signatureGuard?.heldBytes else { return }
        signatureGuard = nil
        toBackend.enqueue(held, countedByteCount: held.count)
    }
}
