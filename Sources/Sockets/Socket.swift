public import Addresses
internal import CSockets
internal import Glibc

/// A non-blocking TCP socket's descriptor.
///
/// A plain number: its owner closes it, once. The shard's connection slots and ``ListeningSocket``
/// are the two owners.
public struct Socket: Hashable, Sendable {
    /// The descriptor; -1 for none.
    public let descriptor: Int32

    /// No socket.
    public static let none = Socket(descriptor: -1)

    @inlinable
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    @inlinable
    public var isOpen: Bool { descriptor >= 0 }

    /// A new socket of the family of `address`.
    public static func tcp(for address: SocketAddress) throws(SystemError) -> Socket {
        try tcp(isIPv6: address.isIPv6)
    }

    /// A new socket.
    public static func tcp(isIPv6: Bool) throws(SystemError) -> Socket {
        Socket(descriptor: try SystemError.check(csockets_tcp_socket(isIPv6 ? 1 : 0)))
    }

    /// Chooses the address to connect from, before a connect. The port is left to the connect, which
    /// may take one that a connection to another peer has (IP_BIND_ADDRESS_NO_PORT, ip(7)).
    public func bind(from source: IPAddress) throws(SystemError) {
        var system = SocketAddress(source, port: 0).system
        try SystemError.check(unsafe csockets_bind_without_port(descriptor, &system))
    }

    /// Begins to connect (connect(2)).
    public func connect(to address: SocketAddress) -> ConnectOutcome {
        var system = address.system
        switch unsafe csockets_connect(descriptor, &system) {
        case 0: return .connected
        case -EINPROGRESS: return .inProgress
        case let code: return .failed(SystemError(code: -code))
        }
    }

    /// Why a connect that was in progress failed; `nil` if it did not (SO_ERROR, socket(7)).
    public func takeError() -> SystemError? {
        let code = csockets_pending_error(descriptor)
        return code == 0 ? nil : SystemError(code: -code)
    }

    /// The address that the peer connected to (getsockname(2)).
    public func localAddress() throws(SystemError) -> SocketAddress {
        var system = csockets_address()
        try SystemError.check(unsafe csockets_local_address(descriptor, &system))
        return SocketAddress(system)
    }

    /// Announces to the peer that no more bytes will follow (shutdown(2)).
    public func shutdownWrite() {
        // A failure means that the peer is gone already, which the next read reports.
        _ = csockets_shutdown_write(descriptor)
    }

    /// Closes the descriptor; queued bytes are still sent, then FIN.
    public func close() {
        // Linux frees the descriptor even when close(2) reports an error.
        _ = csockets_close(descriptor)
    }

    /// Drops what is queued and sends RST (SO_LINGER of 0 s, socket(7)).
    public func closeWithReset() {
        _ = csockets_set_reset_on_close(descriptor)
        close()
    }
}

// MARK: - Options

extension Socket {
    /// Sends small segments immediately (TCP_NODELAY, tcp(7)). Inherited from a listening socket.
    public func setNoDelay() throws(SystemError) {
        try SystemError.check(csockets_set_no_delay(descriptor))
    }

    /// Before a connect: lets our first bytes carry the acknowledgement that completes the
    /// handshake, so that a segment is saved and the peer wakes once (TCP_QUICKACK off, tcp(7)).
    ///
    /// Only if we speak first: without bytes the acknowledgement is sent after 200 ms, and until
    /// then the peer does not know about the connection.
    public func delayHandshakeAcknowledgement() throws(SystemError) {
        try SystemError.check(csockets_set_quick_ack(descriptor, 0))
    }

    /// Acknowledges incoming data immediately again (TCP_QUICKACK, tcp(7)).
    public func acknowledgeQuickly() throws(SystemError) {
        try SystemError.check(csockets_set_quick_ack(descriptor, 1))
    }

    /// Sets the kernel's congestion control of that name (TCP_CONGESTION, tcp(7)). Before a
    /// connect, or on a listening socket, from which it is inherited: one that paces keeps pacing
    /// after a change.
    public func setCongestionControl(_ name: String) throws(SystemError) {
        try SystemError.check(unsafe csockets_set_congestion_control(descriptor, name))
    }

    /// The name of the congestion control that it has.
    public func congestionControl() throws(SystemError) -> String {
        var name = [CChar](repeating: 0, count: Int(CSOCKETS_CONGESTION_CONTROL_SIZE))
        let code = unsafe name.withUnsafeMutableBufferPointer { buffer in
            unsafe csockets_congestion_control(descriptor, buffer.baseAddress)
        }
        try SystemError.check(code)
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Probes a quiet peer (SO_KEEPALIVE, tcp(7)), and closes one that acknowledges nothing of
    /// what was sent for as long (TCP_USER_TIMEOUT): probes are sent only while nothing is in
    /// flight. Both are inherited from a listening socket.
    public func setKeepalive(_ options: KeepaliveOptions) throws(SystemError) {
        try setUserTimeout(milliseconds: options.userTimeoutMilliseconds)
        try SystemError.check(
            csockets_set_keepalive(
                descriptor,
                options.idleSeconds,
                options.intervalSeconds,
                options.count
            )
        )
    }

    /// How long bytes may stay unacknowledged before the connection fails with ETIMEDOUT
    /// (TCP_USER_TIMEOUT, tcp(7)); 0 for the system's own rule, some 15 minutes.
    ///
    /// Since Linux 5.11 a peer that is alive and keeps its window closed for as long fails too.
    public func setUserTimeout(milliseconds: Int32) throws(SystemError) {
        try SystemError.check(csockets_set_user_timeout(descriptor, milliseconds))
    }

    /// Fixes the receive buffer: the kernel accepts this many bytes from the peer before they are
    /// read, and up to as much again for its own overhead (SO_RCVBUF, socket(7)). Before a connect,
    /// or on a listening socket, from which it is inherited.
    ///
    /// At most `net.core.rmem_max` is granted: see ``receiveBuffer()``.
    public func setReceiveBuffer(_ byteCount: Int) throws(SystemError) {
        try SystemError.check(csockets_set_receive_buffer(descriptor, Int32(clamping: byteCount)))
    }

    /// Fixes the receive buffer of a connected socket, and with it the largest window that it announces
    /// (TCP_WINDOW_CLAMP, tcp(7)).
    ///
    /// That window is derived from the first buffer in the handshake and follows auto-tuning, which a
    /// fixed buffer ends: without its own bound it would stay as small as it was, 64 KiB for a round
    /// trip, however large the buffer.
    public func resizeReceiveBuffer(_ byteCount: Int) throws(SystemError) {
        try setReceiveBuffer(byteCount)
        // What the buffer has room for limits the window too: twice the size, without the overhead.
        let clamp = Int32(clamping: 2 * byteCount)
        try SystemError.check(csockets_set_window_clamp(descriptor, clamp))
    }

    /// The size that ``setReceiveBuffer(_:)`` was granted, in bytes.
    public func receiveBuffer() throws(SystemError) -> Int {
        Int(try SystemError.check(csockets_receive_buffer(descriptor)))
    }

    /// Lets a write block once this many bytes wait to be sent (TCP_NOTSENT_LOWAT, tcp(7)); what is
    /// in flight to the peer does not count, so the rate does not suffer. Inherited from a
    /// listening socket.
    public func setUnsentLimit(_ byteCount: Int) throws(SystemError) {
        try SystemError.check(csockets_set_unsent_limit(descriptor, Int32(clamping: byteCount)))
    }

    /// What the socket holds now; nothing once it has failed.
    public var held: HeldBytes {
        var held = csockets_held()
        guard unsafe csockets_held(descriptor, &held) == 0 else { return HeldBytes() }
        return HeldBytes(
            unacknowledged: Int(held.unacknowledged),
            unsent: Int(held.unsent),
            memory: Int(held.memory)
        )
    }
}

/// What a socket holds in the kernel, in bytes.
public struct HeldBytes: Hashable, Sendable {
    /// Written, and not yet acknowledged by the peer; ``unsent`` is part of it (SIOCOUTQ, tcp(7)).
    public var unacknowledged = 0
    /// Written, and held back by the peer's window or the network's pace (SIOCOUTQNSD).
    public var unsent = 0
    /// The kernel's memory for all that was received and all that is to be sent (SO_MEMINFO).
    public var memory = 0

    public init(unacknowledged: Int = 0, unsent: Int = 0, memory: Int = 0) {
        self.unacknowledged = unacknowledged
        self.unsent = unsent
        self.memory = memory
    }
}

/// When a quiet peer is probed, and when it counts as dead (tcp(7)). All are positive.
public struct KeepaliveOptions: Hashable, Sendable {
    public var idleSeconds: Int32
    public var intervalSeconds: Int32
    public var count: Int32

    public init(idleSeconds: Int32, intervalSeconds: Int32, count: Int32) {
        self.idleSeconds = idleSeconds
        self.intervalSeconds = intervalSeconds
        self.count = count
    }

    /// How long a quiet peer may be gone before the last probe has failed.
    public var userTimeoutMilliseconds: Int32 {
        let seconds = Int64(idleSeconds) + Int64(intervalSeconds) * Int64(count)
        return Int32(clamping: seconds * 1_000)
    }
}

// MARK: - Waiting, for callers outside the data plane

extension Socket {
    /// Blocks until the socket can be read (or written), or `milliseconds` have passed.
    ///
    /// - Returns: whether it is ready.
    public func waitUntilReady(toWrite: Bool, milliseconds: Int32) -> Bool {
        csockets_poll(descriptor, toWrite ? 1 : 0, milliseconds) > 0
    }
}
