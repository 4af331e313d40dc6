import COpenSSL
public import Sockets
public import Traffic

/// One TLS connection over bytes: what has arrived goes in, what must be sent comes out, and nothing
/// waits.
///
/// Belongs to one shard. All buffers are the caller's, so that an idle connection holds none.
@safe public final class TLSConnection {
    let pointer: OpaquePointer
    /// OpenSSL refers to it during the handshake.
    private let server: TLSServer?

    /// What a call has come to.
    public enum Outcome: Equatable {
        /// So many bytes of plaintext, at least one; of a handshake, that it is complete.
        case done(count: Int)
        /// More bytes of the peer. All were taken, but for those of a peer that sends too much without
        /// saying anything (``TLSWire/isFlooded``).
        case wantsInput
        /// The output is full: send it, and call again.
        case wantsRoom
        /// The peer has announced that it will send no more (close_notify).
        case ended
        /// The reason is OpenSSL's. An alert for the peer may be in the output.
        case failed(reason: String)
    }

    init(_ pointer: OpaquePointer, of server: TLSServer?) {
        unsafe self.pointer = unsafe pointer
        self.server = server
    }

    deinit {
        unsafe copenssl_tls_free(pointer)
    }

    /// Continues the handshake.
    public func handshake(_ wire: inout TLSWire) -> Outcome {
        let result = unsafe wire.withRaw { unsafe copenssl_tls_handshake(pointer, &$0) }
        return result == 0 ? .done(count: 0) : outcome(Int64(result))
    }

    /// Decrypts at most `limit` bytes into the beginning of `plain`.
    public func read(_ wire: inout TLSWire, into plain: ScratchBuffer, atMost limit: Int) -> Outcome
    {
        let capacity = min(limit, plain.byteCount)
        let result = unsafe plain.withUnsafeMutableBytes(in: 0..<capacity) { plain in
            let start = unsafe plain.bindMemory(to: UInt8.self).baseAddress
            return unsafe wire.withRaw {
                unsafe copenssl_tls_read(pointer, &$0, start, capacity)
            }
        }
        return outcome(result)
    }

    /// Encrypts bytes of `plain`, which may be fewer than there are.
    public func write(_ wire: inout TLSWire, _ plain: ScratchBuffer, _ range: Range<Int>) -> Outcome
    {
        let result = unsafe plain.withUnsafeMutableBytes(in: range) { plain in
            let start = unsafe plain.bindMemory(to: UInt8.self).baseAddress
            return unsafe wire.withRaw {
                unsafe copenssl_tls_write(pointer, &$0, start, range.count)
            }
        }
        return outcome(result)
    }

    /// The same for an array.
    public func write(_ wire: inout TLSWire, _ plain: [UInt8], from offset: Int) -> Outcome {
        let result = unsafe plain.withUnsafeBufferPointer { plain in
            let rest = unsafe UnsafeBufferPointer(rebasing: plain[offset...])
            return unsafe wire.withRaw {
                unsafe copenssl_tls_write(pointer, &$0, rest.baseAddress, rest.count)
            }
        }
        return outcome(result)
    }

    /// Announces the end of our stream (close_notify).
    public func end(_ wire: inout TLSWire) {
        unsafe wire.withRaw { unsafe copenssl_tls_end(pointer, &$0) }
    }

    private func outcome(_ result: Int64) -> Outcome {
        switch result {
        case 1...: .done(count: Int(result))
        case Int64(copenssl_wants_input.rawValue): .wantsInput
        case Int64(copenssl_wants_room.rawValue): .wantsRoom
        case Int64(copenssl_ended.rawValue): .ended
        default: .failed(reason: TLSError.lastReason())
        }
    }
}

// MARK: - What was established

extension TLSConnection {
    /// After the handshake.
    public func session() -> TLSSession {
        var raw = copenssl_session()
        unsafe copenssl_tls_session(pointer, &raw)
        let applicationProtocol = Self.text(raw.protocol)
        return TLSSession(
            version: raw.version == 0x0304 ? .tls13 : .tls12,
            cipher: Self.text(raw.cipher),
            serverName: serverName,
            applicationProtocol: raw.is_challenge
                ? TLSChallenges.applicationProtocol
                : applicationProtocol.isEmpty ? nil : applicationProtocol,
            clientCertificate: raw.has_peer_certificate ? peerCertificate : nil,
            isResumed: raw.is_resumed
        )
    }

    /// Why the peer could not be verified, in OpenSSL's words; `nil` if it was, or need not be.
    public var verificationFailure: String? {
        unsafe copenssl_tls_verification_failure(pointer).map { unsafe String(cString: $0) }
    }

    /// The name that the client has requested, in lower case.
    private var serverName: String? {
        var name = [CChar](repeating: 0, count: 254)
        let count = unsafe copenssl_tls_server_name(pointer, &name, 253)
        return count > 0 ? String(nullTerminated: name) : nil
    }

    private var peerCertificate: TLSSession.ClientCertificate {
        var subject = [CChar](repeating: 0, count: 1_024)
        var commonName = [CChar](repeating: 0, count: 256)
        unsafe copenssl_tls_peer(
            pointer,
            &subject,
            subject.count,
            &commonName,
            commonName.count
        )
        let name = String(nullTerminated: commonName)
        return TLSSession.ClientCertificate(
            subject: String(nullTerminated: subject),
            commonName: name.isEmpty ? nil : name,
            trust: server?.trust(for: serverName)
        )
    }

    /// The text in a C array, which Swift imports as a tuple.
    private static func text<Tuple>(_ tuple: Tuple) -> String {
        unsafe withUnsafeBytes(of: tuple) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

/// What arrives from the network, and what goes to it, in the caller's buffers.
public struct TLSWire {
    private let received: ScratchBuffer
    /// Of `received`, what was not taken yet.
    public private(set) var input: Range<Int>
    private let sealed: ScratchBuffer
    /// At the beginning of `sealed`, how much must be sent.
    public private(set) var outputCount = 0
    /// Steps that the last read took, two for each record.
    public private(set) var stepCount = 0
    /// Whether the next read may bring something without more input: bytes, or the end that follows
    /// those of the last one.
    public private(set) var hasMore = false

    /// Whether the last read has taken all the steps that it may.
    public var isFlooded: Bool { stepCount >= Int(copenssl_read_step_limit) }

    public init(received: ScratchBuffer, _ input: Range<Int>, sealed: ScratchBuffer) {
        self.received = received
        self.input = input
        self.sealed = sealed
    }

    /// The output was sent, or copied.
    public mutating func clearOutput() {
        outputCount = 0
    }

    fileprivate mutating func withRaw<Result>(_ body: (inout copenssl_wire) -> Result) -> Result {
        let range = input
        let written = outputCount
        var rest = range.count
        var output = written
        var (steps, more) = (0, false)
        let result = unsafe received.withUnsafeMutableBytes(in: range) { received in
            unsafe sealed.withUnsafeMutableBytes(in: 0..<sealed.byteCount) { sealed in
                var raw = unsafe copenssl_wire()
                unsafe raw.input = unsafe UnsafePointer(
                    received.bindMemory(to: UInt8.self).baseAddress
                )
                unsafe raw.input_count = range.count
                unsafe raw.output = unsafe sealed.bindMemory(to: UInt8.self).baseAddress
                unsafe raw.output_capacity = sealed.count
                unsafe raw.output_count = written
                let result = unsafe body(&raw)
                rest = unsafe raw.input_count
                output = unsafe raw.output_count
                steps = unsafe Int(raw.step_count)
                more = unsafe raw.has_more
                return result
            }
        }
        (stepCount, hasMore) = (steps, more)
        input = (range.upperBound - rest)..<range.upperBound
        outputCount = output
        return result
    }
}
