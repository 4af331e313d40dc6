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
    /// `nil` once the kernel does all of its work.
    var tls: TLSConnection?
    let buffers: TLSBuffers
    /// Received, and not yet decrypted.
    private(set) var held: [UInt8]
    /// Encrypted, and not yet accepted by the socket.
    private var unsent: [UInt8] = []
    private var unsentOffset = 0
    /// The peer requested more answers, such as new keys, than it has read.
    private var isFlooded = false
    /// The socket has nothing more to read before its next edge.
    var isDrained = true
    /// The peer's end has arrived, though perhaps unread (EPOLLRDHUP).
    private(set) var isEnding = false
    /// The peer's end has been read.
    var hasEnded = false
    /// Plaintext may be waiting in OpenSSL, or an end that followed what it has returned.
    private var mayHavePlain = false
    private(set) var readCost = 0
    private(set) var hasAnnouncedEnd = false
    var hasShutDown = false
    /// Why the socket accepts no more bytes.
    var failure: SystemError?
    /// Whether the end of the TCP stream is enough to end the TLS stream: the peer's protocol frames
    /// its messages, so that nothing can be cut off unnoticed.
    let endsBySocket: Bool

    /// Where records are made, or read.
    enum Place { case undecided, here, kernel }

    /// To whom directions can be handed over; `nil` before and after the time for that.
    var kernel: KernelOffload?
    var reading = Place.undecided
    var writing = Place.undecided
    /// Of what the kernel decrypts, the peer's close_notify has been read.
    var hasPeerAnnouncedEnd = false
    /// Records that the kernel has left to us.
    var announcementCount: UInt8 = 0

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

    var hasUnsent: Bool {
        guard writing == .kernel else { return !unsent.isEmpty }
        return hasAnnouncedEnd && !hasShutDown && failure == nil
    }

    var mayHaveMore: Bool { mayHavePlain || !held.isEmpty || !isDrained || hasEnded }

    func recordReadable(isEnding: Bool) {
        isDrained = false
        if isEnding { self.isEnding = true }
    }
}

// MARK: - Reading

extension TLSLayer {
    /// A record of a few bytes takes as long as some thousand bytes of a long one.
    private static let stepCost = 4_096

    func handshake() -> Handshake {
        guard let tls else { return .inProgress }
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
            if kernel != nil { offerReading() }
            guard reading != .kernel, let tls else {
                readCost = 0
                return readFromKernel(into: buffer, atMost: limit)
            }
            var wire: TLSWire
            switch receive() {
            case .success(let received): wire = received
            case .failure(let error): return .failed(error)
            }
            let outcome = tls.read(&wire, into: buffer, atMost: room)
            finish(wire)
            readCost = wire.stepCount * Self.stepCost
            if isFlooded { return .failed(.connectionReset) }
            mayHavePlain = wire.hasMore
            switch outcome {
            // So many records in a row that say nothing: requests for new keys (RFC 8446 §4.6.3),
            // empty ones.
            case .wantsInput where wire.isFlooded: return .failed(.connectionReset)
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
            let room = readLimit
            switch socket.read(into: buffers.received, atMost: room) {
            case .bytes(let read):
                count = read
                // A short read has drained the socket, unless its end is there to be read.
                if read < room, !isEnding { isDrained = true }
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

    /// While reading may be handed over, only what completes a record is read: the next one is the
    /// kernel's.
    private var readLimit: Int {
        guard kernel != nil, reading == .undecided, let tls else {
            return buffers.received.byteCount
        }
        let missing = tls.missingByteCount
        return missing > 0 ? min(missing, buffers.received.byteCount) : buffers.received.byteCount
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
        if writing == .kernel { return socket.write(buffer, range) }
        return write { $0.write(&$1, buffer, range) }
    }

    func write(_ bytes: [UInt8], from offset: Int) -> WriteOutcome {
        if writing == .kernel { return socket.write(bytes, from: offset) }
        return write { $0.write(&$1, bytes, from: offset) }
    }

    /// Encrypts and sends as much as there is room for. Nothing is encrypted before all of it was
    /// accepted by the socket: no more than one call's bytes wait here.
    private func write(_ encrypt: (TLSConnection, inout TLSWire) -> TLSConnection.Outcome)
        -> WriteOutcome
    {
        flush()
        if let failure { return .failed(failure) }
        guard !hasUnsent, let tls else { return .wouldBlock }
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
        guard writing != .kernel, let tls else { return endByKernel() }
        var wire = TLSWire(received: buffers.received, 0..<0, sealed: buffers.sealed)
        tls.end(&wire)
        send(wire)
        shutdownIfSent()
    }

    func flush() {
        if writing == .kernel { return sendEndByKernel() }
        while hasUnsent {
            switch socket.write(unsent, from: unsentOffset) {
            case .bytes(let count):
                unsentOffset += count
                guard unsentOffset == unsent.count else { continue }
                unsent = []
                unsentOffset = 0
                if kernel != nil { offerWriting() }
            case .wouldBlock: return
            case .failed(let error): return fail(error)
            }
        }
        shutdownIfSent()
    }

    private func send(_ wire: TLSWire) {
        // The kernel has the keys: what OpenSSL would answer, such as new keys of ours, cannot be sent.
        guard wire.outputCount > 0, writing != .kernel else { return }
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
