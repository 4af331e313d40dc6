import Sockets

/// Which socket options a connection's first writes call for, so that a connection of one small
/// request does with as few of them as it can.
///
/// - Nagle's algorithm (RFC 896) holds a small segment back while one before it is not acknowledged,
///   so never the first: TCP_NODELAY is set before the second.
/// - Where our first bytes carry the acknowledgement that ends the handshake, quick acknowledgements
///   come back behind them: a server that writes its answer in two small pieces, and has not set
///   TCP_NODELAY, waits with the second for our acknowledgement of the first.
struct SegmentPolicy: Equatable {
    private var mayDelay: Bool
    private var delaysAcknowledgements: Bool
    private var hasWritten = false

    /// What the smallest segment holds that a peer may ask for (RFC 9293 §3.7.1), in bytes.
    private static let smallestSegmentByteCount = 536

    /// Everything goes at once: nothing is left to be set.
    static let immediate = SegmentPolicy(mayDelay: false, delaysAcknowledgements: false)

    /// A new socket's.
    ///
    /// - Parameter delaysAcknowledgements: whether the handshake's last one was told to wait.
    static func fresh(delaysAcknowledgements: Bool) -> SegmentPolicy {
        SegmentPolicy(mayDelay: true, delaysAcknowledgements: delaysAcknowledgements)
    }

    private init(mayDelay: Bool, delaysAcknowledgements: Bool) {
        self.mayDelay = mayDelay
        self.delaysAcknowledgements = delaysAcknowledgements
    }

    // `try?`, twice: on a socket that has failed meanwhile, whose event is under way.

    mutating func prepare(_ socket: Socket, forWriting byteCount: Int) {
        guard mayDelay, hasWritten || byteCount > Self.smallestSegmentByteCount else { return }
        mayDelay = false
        try? socket.setNoDelay()
    }

    mutating func noteWritten(to socket: Socket) {
        hasWritten = true
        guard delaysAcknowledgements else { return }
        delaysAcknowledgements = false
        try? socket.acknowledgeQuickly()
    }
}
