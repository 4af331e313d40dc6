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
    }

    var client: Side
    var backend = Side(.none)
    private(set) var toBackend = Flow()
    private(set) var toClient = Flow()
    private var relay = Relay()
    /// Looks whether the client's first bytes are a PROXY header.
    private var signatureGuard: ProxySignatureGuard?
    /// The client's bytes that were read before they may be passed on.
    private var firstBytes: [UInt8] = []

    init(client: Socket) {
        self.client = Side(client)
    }

    /// Refuses a client whose payload begins like a PROXY header.
    mutating func guardAgainstForgedHeader() {
        signatureGuard = ProxySignatureGuard()
    }

    /// Takes the client's first bytes, which were read with its PROXY header.
    mutating func hold(_ payload: [UInt8]) {
        firstBytes += payload
    }

    /// The backend is connected: sends our own PROXY header, if there is one, before anything else.
    mutating func open(sending header: [UInt8]) {
        backend.isWritable = true
        toBackend.enqueue(header, countedByteCount: 0)
        if signatureGuard == nil { releaseFirstBytes() }
    }

    /// Moves what can be moved, in both directions.
    mutating func advance(with tools: RelayTools) -> Progress {
        var upward = Flow.Stop.waiting
        switch inspectFirstBytes(with: tools) {
        case .clear: upward = toBackend.move(from: &client, to: &backend, with: tools)
        case .undecided: upward = toBackend.sendPending(to: &backend, with: tools)
        case .forged: return .forgedHeader
        case .failed: upward = .sourceFailed
        }
        if let progress = react(to: upward, from: .client, with: tools) { return progress }
        let downward = toClient.move(from: &backend, to: &client, with: tools)
        if let progress = react(to: downward, from: .backend, with: tools) { return progress }
        let isUnfinished = upward == .turnIsOver || downward == .turnIsOver
        return isUnfinished ? .takeTurn : .waitForReadiness
    }

    /// What a failure of one side means that no read or write has shown (EPOLLERR).
    func progress(afterFailureOf side: RelaySide) -> Progress {
        .aborted(side == .client ? .clientReset : .backendReset)
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
        case .endOfStream: return perform(relay.handle(.endOfStream(from: source)))
        case .sourceFailed: return perform(relay.handle(.readFailed(source)))
        case .destinationFailed:
            switch source {
            case .client: toBackend.close(with: tools)
            case .backend: toClient.close(with: tools)
            }
            return perform(relay.handle(.writeFailed(source.opposite)))
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

    private enum Inspection { case clear, undecided, forged, failed }

    /// Reads the client's first bytes and holds them until it is clear what they are.
    private mutating func inspectFirstBytes(with tools: RelayTools) -> Inspection {
        while signatureGuard != nil {
            guard client.isReadable else { return .undecided }
            switch client.socket.read(into: tools.scratch) {
            case .bytes(let count):
                if count < tools.scratch.byteCount && !client.endsAfterRead {
                    client.isReadable = false
                }
                guard inspect(tools.scratch.copy(0..<count)) else { return .forged }
            case .wouldBlock:
                client.isReadable = false
            case .endOfStream:
                // The flow reads the end once more, behind what was held.
                releaseFirstBytes()
            case .failed:
                return .failed
            }
        }
        return .clear
    }

    /// - Returns: false if a PROXY header stands there.
    private mutating func inspect(_ bytes: [UInt8]) -> Bool {
        firstBytes += bytes
        switch signatureGuard?.receive(bytes) {
        case .header: return false
        case .undecided: return true
        case .clear, nil:
            releaseFirstBytes()
            return true
        }
    }

    private mutating func releaseFirstBytes() {
        signatureGuard = nil
        toBackend.enqueue(firstBytes, countedByteCount: firstBytes.count)
        firstBytes = []
    }
}
