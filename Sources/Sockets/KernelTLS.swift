internal import CSockets
internal import Glibc

/// What this machine's kernel encrypts and decrypts by itself (Documentation/networking/tls.rst).
public struct KernelTLS: Hashable, Sendable {
    public enum Version: Int32, Hashable, Sendable, CaseIterable {
        case tls12 = 0x0303
        case tls13 = 0x0304
    }

    /// The raw values are the kernel's (linux/tls.h).
    public enum Cipher: Int32, Hashable, Sendable, CaseIterable {
        case aes128GCM = 51
        case aes256GCM = 52
        case chacha20Poly1305 = 54
    }

    public enum Direction: Hashable, Sendable, CaseIterable { case reading, writing }

    public struct Mode: Hashable, Sendable {
        public var direction: Direction
        public var version: Version
        public var cipher: Cipher

        public init(_ direction: Direction, _ version: Version, _ cipher: Cipher) {
            self.direction = direction
            self.version = version
            self.cipher = cipher
        }
    }

    /// What can be done; empty if the kernel has no TLS.
    public private(set) var modes: Set<Mode>

    public init(modes: Set<Mode>) {
        self.modes = modes
    }

    /// This machine's, tried once on connections of its own over loopback.
    ///
    /// The kernel loads its module `tls` only for a process that may load modules.
    public static let current = KernelTLS(modes: probe())

    private static func probe() -> Set<Mode> {
        var modes: Set<Mode> = []
        for version in Version.allCases {
            for cipher in Cipher.allCases {
                // `try?`: without a connection nothing is known to work.
                guard let pair = try? LoopbackPair() else { return modes }
                guard pair.client.attachKernelTLS() == nil else { return modes }
                for direction in Direction.allCases {
                    let mode = Mode(direction, version, cipher)
                    let refusal = unsafe pair.client.setKernelTLS(mode, sequence: 0) { _, _ in }
                    if refusal == nil { modes.insert(mode) }
                }
            }
        }
        return modes
    }
}

/// Two ends of a connection within this process.
private struct LoopbackPair: ~Copyable {
    let client: Socket
    private let server: Socket

    init() throws(SystemError) {
        var ends: (Int32, Int32) = (-1, -1)
        let code = unsafe withUnsafeMutableBytes(of: &ends) { ends in
            unsafe csockets_loopback_pair(
                ends.assumingMemoryBound(to: Int32.self).baseAddress
            )
        }
        try SystemError.check(code)
        client = Socket(descriptor: ends.0)
        server = Socket(descriptor: ends.1)
    }

    deinit {
        client.close()
        server.close()
    }
}

// MARK: - Sockets

extension Socket {
    /// Prepares a connected socket for keys; bytes stay as they are until those are set.
    ///
    /// - Returns: why the kernel refuses, as it does if a stream has ended.
    public func attachKernelTLS() -> SystemError? {
        let code = csockets_tls_attach(descriptor)
        return code == 0 || code == -EEXIST ? nil : SystemError(code: -code)
    }

    /// From now on the kernel encrypts, or decrypts, the records of one direction. For good.
    ///
    /// - Parameters:
    ///   - sequence: the next record's number.
    ///   - fill: writes the key, of 16 or 32 bytes, and the vector, of 12: the salt and the explicit
    ///     nonce, if there are two. Both are cleared afterwards.
    /// - Returns: why the kernel refuses.
    public func setKernelTLS(
        _ mode: KernelTLS.Mode,
        sequence: UInt64,
        fill: (_ key: UnsafeMutableRawBufferPointer, _ vector: UnsafeMutableRawBufferPointer) ->
            Void
    ) -> SystemError? {
        var keys = csockets_tls_keys()
        keys.version = mode.version.rawValue
        keys.cipher = mode.cipher.rawValue
        keys.sequence = sequence
        unsafe withUnsafeMutableBytes(of: &keys.key) { key in
            unsafe withUnsafeMutableBytes(of: &keys.vector) { vector in unsafe fill(key, vector) }
        }
        let isWriting: Int32 = mode.direction == .writing ? 1 : 0
        let code = unsafe csockets_tls_set_keys(descriptor, isWriting, &keys)
        unsafe csockets_tls_clear_keys(&keys)
        return code == 0 ? nil : SystemError(code: -code)
    }

    /// One record that the kernel has decrypted.
    public enum TLSRecord: Equatable, Sendable {
        /// Its type (RFC 8446 §5.1), and how much of it was read.
        case record(type: UInt8, count: Int)
        case wouldBlock
        case endOfStream
        case failed(SystemError)
    }

    /// Reads the next record of any type, or a part of it. ``read(into:atMost:)`` reads application
    /// data only, and stops before others with ``SystemError/isUnreadableRecord``.
    public func readRecord(into buffer: ScratchBuffer, atMost limit: Int = .max) -> TLSRecord {
        var type: UInt8 = 0
        let count = unsafe csockets_tls_receive(
            descriptor,
            buffer.base,
            min(buffer.byteCount, limit),
            &type
        )
        switch ReadOutcome(count) {
        case .bytes(let count): return .record(type: type, count: count)
        case .wouldBlock: return .wouldBlock
        case .endOfStream: return type == 0 ? .endOfStream : .record(type: type, count: 0)
        case .failed(let error): return .failed(error)
        }
    }

    /// Sends a record of that type after all that was written.
    public func writeRecord(type: UInt8, _ bytes: [UInt8]) -> WriteOutcome {
        unsafe bytes.withUnsafeBytes { bytes in
            WriteOutcome(
                unsafe csockets_tls_send(descriptor, type, bytes.baseAddress, bytes.count)
            )
        }
    }

    /// Before the last record is written: the kernel keeps a part of a record back while a socket is
    /// full, and drops it if the stream is ended then. Once a socket with room is writable, it takes all
    /// that is left.
    public func makeRoomForLastRecord() {
        // A failure means that the socket has failed, or that its room stays as it was.
        _ = csockets_tls_make_room(descriptor)
    }
}

extension SystemError {
    /// Whether the next record is not application data, or there is none (EIO, EINVAL of splice(2)).
    public var isUnreadableRecord: Bool { [EIO, EINVAL].contains(code) }
}
