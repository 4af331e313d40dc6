import Sockets

/// Which socket options a connection's first writes require, so that a connection with one small
/// request needs as few of them as possible.
///
/// - Nagle's algorithm (RFC 896) delays a small segment while an earlier one is unacknowledged, so
///   never the first: TCP_NODELAY is set before the second.
/// - If our first bytes carry the acknowledgement that completes the handshake, quick
///   acknowledgements are re-enabled after them: a server that writes its response in two small
///   pieces, and has not set TCP_NODELAY, delays the second until we acknowledge the first. Each
///   further write within 40 ms makes the kernel slow again; the first three are covered.
struct SegmentPolicy {
    private var mayDelay: Bool
    private var hasWritten = false
    /// Writes after which quick acknowledgements are re-enabled.
    private var quickWrites: UInt8

    private static let quickWriteCount: UInt8 = 3
    /// The size of a segment if the peer has not announced one (RFC 9293 §3.7.1: 536), less the
    /// space for options, in bytes.
    private static let surelyOneSegment = 500

    /// Everything fits into one write: nothing is left to set.
    static let immediate = SegmentPolicy(mayDelay: false, quickWrites: 0)

    /// For a new socket.
    ///
    /// - Parameter delaysAcknowledgements: whether the handshake's last one was delayed.
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

    mutating func recordWritten(to socket: Socket) {
        hasWritten = true
        guard quickWrites > 0 else { return }
        quickWrites -= 1
        try? socket.acknowledgeQuickly()
    }
}
