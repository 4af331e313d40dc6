import Sockets
import TLS
import Traffic

/// The buffers that all TLS connections of a shard share, so that an idle one owns none.
final class TLSBuffers {
    /// What one read of a socket brings.
    let received: ScratchBuffer
    /// What is to be written to a socket: the plaintext of a read, as records.
    let sealed: ScratchBuffer

    /// Of each record beyond its plaintext, in bytes, at most (RFC 8446 §5.2).
    private static let recordOverhead = 256 + 5
    private static let recordByteCount = 16_384

    /// - Parameter plainByteCount: the longest plaintext that is written with one call.
    init(plainByteCount: Int) {
        received = ScratchBuffer(byteCount: plainByteCount)
        let records = plainByteCount / Self.recordByteCount + 1
        // The rest is for a handshake's flight, which may take several calls.
        sealed = ScratchBuffer(
            byteCount: plainByteCount + records * Self.recordOverhead + Self.recordByteCount
        )
    }
}

/// TLS between the engine and a socket (``TLSConnection``).
final class TLSLayer: TransportLayer {
    let socket: Socket
    private let tls: TLSConnection
    private let buffers: TLSBuffers
    /// Received, and not yet decrypted.
    private var held: [UInt8]
    /// Encrypted, and not yet accepted by the socket.
    private var unsent: [UInt8] = []
    private var unsentOffset = 0
    /// The peer requested more answers, such as new keys, than it has read.
    private var isFlooded = false
    /// The socket has nothing more to read before its next edge.
    private var isDrained = true
    /// The peer's end has arrived, though perhaps unread (EPOLLRDHUP).
    private var isEnding = false
    /// The peer's end has been read.
    private var hasEnded = false
    /// Plaintext may be waiting in OpenSSL.
    private var mayHavePlain = false
    private var hasAnnouncedEnd = false
    private var hasShutDown = false
    /// Why the socket accepts no more bytes.
    private var failure: SystemError?
    /// Whether the end of the TCP stream is enough to end the TLS stream: the peer's protocol frames
    /// its messages, so that nothing can be cut off unnoticed.
    private let endsBySocket: Bool

    /// - Parameter held: bytes that were read from the socket already.
    init(
        _ tls: TLSConnection,
        on socket: Socket,
        buffers: TLSBuffers,
        held: [UInt8] = [],
        endsBySocket: Bool
    ) {
        self.tls = tls
        self.socket = socket
        self.buffers = buffers
        self.held = held
        self.endsBySocket = endsBySocket
    }

    var hasUnsent: Bool { !unsent.isEmpty }

    var mayHaveMore: Bool { mayHavePlain || !held.isEmpty || !isDrained || hasEnded }

    func recordReadable(isEnding: Bool) {
        isDrained = false
        if isEnding { self.isEnding = true }
    }
}

// MARK: - Reading

extension TLSLayer {
    func handshake() -> Handshake {
        while true {
            var wire: TLSWire
            switch receive() {
            case .success(let received): wire = received
            case .failure(let error): return .failed(reason: error.description)
            }
            let outcome = tls.handshake(&wire)
            finish(wire)
            switch outcome {
            case .done: return .established(tls.session())
            case .wantsInput where hasEnded, .ended:
                return .failed(reason: "connection closed during the TLS handshake")
            case .wantsInput where isDrained && held.isEmpty: return .inProgress
            case .wantsRoom where hasUnsent: return .inProgress
            case .wantsInput, .wantsRoom: continue
            case .failed(let reason): return .failed(reason: reason)
            }
        }
    }

    func read(into buffer: ScratchBuffer, atMost limit: Int) -> ReadOutcome {
        let room = min(limit, buffer.byteCount)
        while true {
            var wire: TLSWire
            switch receive() {
            case .success(let received): wire = received
            case .failure(let error): return .failed(error)
            }
            let outcome = tls.read(&wire, into: buffer, atMost: room)
            finish(wire)
            if isFlooded { return .failed(.connectionReset) }
            mayHavePlain = outcome == .done(count: room)
            switch outcome {
            case .done(let count): return .bytes(count: count)
            case .ended: return .endOfStream
            case .wantsInput where hasEnded:
                return endsBySocket ? .endOfStream : .failed(.connectionReset)
            case .wantsInput where isDrained && held.isEmpty: return .wouldBlock
            case .wantsInput, .wantsRoom: continue
            case .failed: return .failed(.connectionReset)
            }
        }
    }

    /// Puts what is to be decrypted next into the shared buffer: what was held, else what a read of
    /// the socket brings.
    private func receive() -> Result<TLSWire, SystemError> {
        var count = 0
        if !held.isEmpty {
            let part = held.prefix(buffers.received.byteCount)
            buffers.received.store(part)
            count = part.count
            held = Array(held.dropFirst(count))
        } else if !mayHavePlain, !isDrained, !hasEnded {
            switch socket.read(into: buffers.received) {
            case .bytes(let read):
                count = read
                // A short read has drained the socket, unless its end is there to be read.
                if read < buffers.received.byteCount, !isEnding { isDrained = true }
            case .wouldBlock: isDrained = true
            case .endOfStream: hasEnded = true
            // A peer that is done closes, and answers our close_notify, which it does not read, with a
            // reset.
            case .failed(let error) where error.isConnectionReset && hasAnnouncedEnd:
                hasEnded = true
            case .failed(let error): return .failure(error)
            }
        }
        return .success(TLSWire(received: buffers.received, 0..<count, sealed: buffers.sealed))
    }

    /// Keeps what was not taken, and sends what has come of it.
    private func finish(_ wire: TLSWire) {
        if !wire.input.isEmpty { held = buffers.received.copy(wire.input) + held }
        send(wire)
    }
}

// MARK: - Writing

extension TLSLayer {
    func write(_ buffer: ScratchBuffer, _ range: Range<Int>) -> WriteOutcome {
        write { $0.write(&$1, buffer, range) }
    }

    func write(_ bytes: [UInt8], from offset: Int) -> WriteOutcome {
        write { $0.write(&$1, bytes, from: offset) }
    }

    /// Encrypts and sends as much as there is room for. Nothing is encrypted before all of it was
    /// accepted by the socket: no more than one call's bytes wait here.
    private func write(_ encrypt: (TLSConnection, inout TLSWire) -> TLSConnection.Outcome)
        -> WriteOutcome
    {
        flush()
        if let failure { return .failed(failure) }
        guard !hasUnsent else { return .wouldBlock }
        var wire = TLSWire(received: buffers.received, 0..<0, sealed: buffers.sealed)
        let outcome = encrypt(tls, &wire)
        send(wire)
        if let failure { return .failed(failure) }
        switch outcome {
        case .done(let count): return .bytes(count: count)
        case .wantsInput, .wantsRoom: return .wouldBlock
        case .ended, .failed: return .failed(.connectionReset)
        }
    }

    func endWriting() {
        guard !hasAnnouncedEnd else { return }
        hasAnnouncedEnd = true
        var wire = TLSWire(received: buffers.received, 0..<0, sealed: buffers.sealed)
        tls.end(&wire)
        send(wire)
        shutdownIfSent()
    }

    func flush() {
        while hasUnsent {
            switch socket.write(unsent, from: unsentOffset) {
            case .bytes(let count):
                unsentOffset += count
                guard unsentOffset == unsent.count else { continue }
                unsent = []
                unsentOffset = 0
            case .wouldBlock: return
            case .failed(let error): return fail(error)
            }
        }
        shutdownIfSent()
    }

    private func send(_ wire: TLSWire) {
        guard wire.outputCount > 0 else { return }
        let range = 0..<wire.outputCount
        guard !hasUnsent else { return keep(buffers.sealed.copy(range)) }
        switch socket.write(buffers.sealed, range, hasMore: false) {
        case .bytes(let count) where count == range.count: break
        case .bytes(let count): unsent = buffers.sealed.copy(count..<range.count)
        case .wouldBlock: unsent = buffers.sealed.copy(range)
        case .failed(let error): fail(error)
        }
    }

    /// What is sent while other bytes wait answers the peer's messages: a KeyUpdate (RFC 8446 §4.6.3)
    /// or a renegotiation. A peer that reads needs few of them.
    private func keep(_ answer: [UInt8]) {
        guard unsent.count + answer.count <= 2 * buffers.sealed.byteCount else {
            isFlooded = true
            return fail(.connectionReset)
        }
        unsent += answer
        flush()
    }

    private func fail(_ error: SystemError) {
        failure = error
        unsent = []
        unsentOffset = 0
    }

    /// The end of the TCP stream follows that of the TLS stream: many peers wait for it.
    private func shutdownIfSent() {
        guard hasAnnouncedEnd, !hasUnsent, !hasShutDown else { return }
        hasShutDown = true
        socket.shutdownWrite()
    }
}
