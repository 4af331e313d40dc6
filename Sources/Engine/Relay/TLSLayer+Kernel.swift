import Sockets
import TLS

/// TLS records that the kernel makes and reads, once OpenSSL has handed a direction over.
///
/// Application data is then read and written as that of a plain socket. What is left to do are
/// records of other types: the ends of streams, alerts, and messages after the handshake.
extension TLSLayer {
    /// Types of records (RFC 8446 §5.1).
    private enum RecordType {
        static let alert: UInt8 = 21
        static let handshake: UInt8 = 22
    }

    /// RFC 8446 §6.1.
    private enum Alert {
        static let warning: UInt8 = 1
        static let closeNotify: UInt8 = 0
        static let userCanceled: UInt8 = 90
    }

    /// A peer has a few things to announce; one that has many keeps a worker busy.
    private static let announcementLimit: UInt8 = 64
    /// Of TLS 1.3's messages after the handshake, the one that needs no answer (RFC 8446 §4.6.1).
    private static let newSessionTicket: UInt8 = 4

    // MARK: Handing over

    func handOver(to kernel: KernelOffload) {
        guard tls != nil, !isSettled else { return }
        self.kernel = kernel
        offerWriting()
        offerReading()
    }

    func isInKernel(_ direction: KernelTLS.Direction) -> Bool {
        switch direction {
        case .reading: reading == .kernel
        case .writing: writing == .kernel
        }
    }

    /// Hands writing over, if nothing waits to be sent.
    func offerWriting() {
        guard writing == .undecided, !hasUnsent, !hasAnnouncedEnd else { return }
        writing = offer(.writing)
        settle()
    }

    /// Hands reading over, if all that was received has been decrypted and read.
    func offerReading() {
        guard reading == .undecided, held.isEmpty else { return }
        // The kernel takes over only while a peer may send more.
        reading = isEnding || hasEnded ? .here : offer(.reading)
        if reading == .kernel { isDrained = false }
        settle()
    }

    private func offer(_ direction: KernelTLS.Direction) -> Place {
        guard let kernel, let tls else { return .undecided }
        switch tls.handOver(direction, to: socket, if: kernel.allows) {
        case .done:
            kernel.record(direction)
            return .kernel
        case .notYet: return .undecided
        case .never: return .here
        }
    }

    private var isSettled: Bool { reading != .undecided && writing != .undecided }

    /// Frees what is not needed once all is decided.
    private func settle() {
        guard isSettled else { return }
        tls?.forgetSecrets()
        kernel = nil
        if reading == .kernel, writing == .kernel { tls = nil }
    }

    // MARK: Reading

    func readFromKernel(into buffer: ScratchBuffer, atMost limit: Int) -> ReadOutcome {
        while !hasPeerAnnouncedEnd {
            switch socket.read(into: buffer, atMost: limit) {
            case .bytes(let count): return .bytes(count: count)
            case .wouldBlock:
                isDrained = true
                return .wouldBlock
            case .endOfStream:
                hasEnded = true
                return endsBySocket ? .endOfStream : .failed(.connectionReset)
            case .failed(let error) where error.isUnreadableRecord:
                guard receiveAnnouncement() else { return .failed(.connectionReset) }
            // As after a read of OpenSSL's: the peer is done, and does not read our end.
            case .failed(let error) where error.isConnectionReset && hasAnnouncedEnd:
                hasEnded = true
                return endsBySocket ? .endOfStream : .failed(.connectionReset)
            // Some are of the kernel's: EBADMSG for a record that was not the peer's.
            case .failed(let error):
                return .failed(error.isPeerUnreachable ? error : .connectionReset)
            }
        }
        hasEnded = true
        return .endOfStream
    }

    /// Receives a record that is not application data.
    ///
    /// - Returns: whether the session can continue.
    private func receiveAnnouncement() -> Bool {
        announcementCount += 1
        guard announcementCount <= Self.announcementLimit else { return false }
        guard case .record(let type, let count) = socket.readRecord(into: buffers.received) else {
            return false
        }
        switch type {
        case RecordType.alert: return receiveAlert(buffers.received.copy(0..<count))
        case RecordType.handshake: return isTickets(buffers.received.copy(0..<count))
        default: return false
        }
    }

    private func receiveAlert(_ alert: [UInt8]) -> Bool {
        guard alert.count == 2 else { return false }
        if alert[1] == Alert.closeNotify { hasPeerAnnouncedEnd = true }
        return alert[1] == Alert.closeNotify || alert[1] == Alert.userCanceled
    }

    /// Whether a record consists of session tickets, which we do not use. All else has an effect on
    /// the session that the kernel does not know, such as new keys.
    private func isTickets(_ messages: [UInt8]) -> Bool {
        var rest = messages[...]
        while let type = rest.first {
            // The type, and the length in three bytes (RFC 8446 §4).
            guard type == Self.newSessionTicket, rest.count >= 4 else { return false }
            let start = rest.startIndex
            let count =
                Int(rest[start + 1]) << 16 | Int(rest[start + 2]) << 8 | Int(rest[start + 3])
            guard rest.count >= 4 + count else { return false }
            rest = rest.dropFirst(4 + count)
        }
        return true
    }

    // MARK: Ending

    /// Announces the end of our stream, as soon as the socket takes all that is left of it: the kernel
    /// would drop the rest of a record when the stream is shut down.
    func endByKernel() {
        socket.makeRoomForLastRecord()
        sendEndByKernel()
    }

    func sendEndByKernel() {
        guard hasAnnouncedEnd, !hasShutDown, failure == nil,
            socket.waitUntilReady(toWrite: true, milliseconds: 0)
        else { return }
        let closeNotify = [Alert.warning, Alert.closeNotify]
        switch socket.writeRecord(type: RecordType.alert, closeNotify) {
        case .bytes:
            hasShutDown = true
            socket.shutdownWrite()
        case .wouldBlock: return
        case .failed(let error): failure = error
        }
    }
}
