import Sockets

/// Which socket options a connection's first writes call for, so that a connection of one small
/// request does with as few of them as it can.
///
/// - Nagle's algorithm (RFC 896) holds a small segment back while one before it is not
///   acknowledged, so never the first: TCP_NODELAY is set before the second.
/// - Where our first bytes carry the acknowledgement that ends the handshake, quick acknowledgements
///   come back behind them: a server that writes its answer in two small pieces, and has not set
///   TCP_NODELAY, waits with the second for our acknowledgement of the first. Each further write
///   within 40 ms makes the kernel slow again; the first three are answered for.
struct SegmentPolicy {
    private var mayDelay: Bool
    private var hasWritten = false
    /// Writes behind which quick acknowledgements are asked for.
    private var quickWrites: UInt8

    private static let quickWriteCount: UInt8 = 3
    /// What one segment holds where the peer has not said how much it takes (RFC 9293 §3.7.1: 536),
    /// less the room of options, in bytes.
    private static let surelyOneSegment = 500

    /// Everything goes at once: nothing is left to be set.
    static let immediate = SegmentPolicy(mayDelay: false, quickWrites: 0)

    /// A new socket's.
    ///
    /// - Parameter delaysAcknowledgements: whether the handshake's last one was told to wait.
    static func fresh(delaysAcknowledgements: Bool) -> SegmentPolicy {
        SegmentPolicy(mayDelay: true, quickWrites: delaysAcknowledgements ? quickWriteCount : 0)
    }

    private init(mayDelay: Bool, quickWrites: UInt8) {
        self.mayDelay = mayDelay
        self.quickWrites = quickWrites
    }

    // `try?`, twice: on a socket that has failed meanwhile, whose event is under way.

    mutating func prepare(_ socket: Socket, forWriting byteCount: Int) {
        guard mayDelay, hasWritten || byteCount > Self.surelyOneSegment else { return }
        mayDelay = false
        try? socket.setNoDelay()
    }

    mutating func noteWritten(to socket: Socket) {
        hasWritten = true
        guard quickWrites > 0 else { return }
        quickWrites -= 1
        try? socket.acknowledgeQuickly()
    }
}
