/// What one connection sends and expects, as decisions only: no socket and no clock.
///
/// An *operation* is what is counted and timed: a request with its response, a query, an echo. Each
/// connection starts with a copy of the same unused conversation.
protocol Conversation: Sendable {
    /// The connection is established.
    mutating func open() -> Move
    /// An operation begins; only after `.ready`, or after `.complete` with a reusable connection.
    mutating func begin() -> Move
    mutating func receive(_ bytes: Span<UInt8>) -> Move
    /// How many of the next bytes only have to be counted.
    var indifferentByteCount: Int { get }
    /// `byteCount` bytes arrived, at most ``indifferentByteCount``.
    mutating func skip(_ byteCount: Int) -> Move
    /// The peer closed its direction.
    mutating func receiveEndOfStream() -> Move
    /// Everything of the last `.send` has been handed to the system.
    mutating func finishSending() -> Move
    /// Sent before a connection that is no longer needed is closed.
    var farewell: [UInt8] { get }
    /// Whether a connection that is no longer needed is closed with RST instead of FIN.
    var closesWithReset: Bool { get }
}

extension Conversation {
    mutating func open() -> Move { .ready }
    var indifferentByteCount: Int { 0 }
    mutating func skip(_ byteCount: Int) -> Move { .wait }
    mutating func finishSending() -> Move { .wait }
    var farewell: [UInt8] { [] }
    var closesWithReset: Bool { false }
}

/// What to do next with a connection.
enum Move: Equatable {
    /// Wait for the peer.
    case wait
    /// The operation succeeds if nothing happens on the connection for at least this long.
    case hold(nanoseconds: Int64)
    case send(Outgoing)
    /// Close our direction, but continue reading.
    case endSending
    /// An operation may begin.
    case ready
    /// The operation succeeded.
    case complete(reusable: Bool)
    /// The operation failed, but the connection may still be usable.
    case refused(Failure, reusable: Bool)
    /// The operation failed, and the connection is no longer usable.
    case failed(Failure)
    /// No operation was running, and the connection is no longer usable.
    case close
}

/// Bytes to send: a message, or any number of bytes of a repeated filling.
///
/// The filling is aligned with the end of what is sent, so that every write uses the array's tail.
struct Outgoing: Equatable {
    let bytes: [UInt8]
    private(set) var remainingByteCount: Int

    /// Nothing.
    static let none = Outgoing([])

    /// One message.
    init(_ message: [UInt8]) {
        bytes = message
        remainingByteCount = message.count
    }

    /// The last `byteCount` bytes of `filling` repeated endlessly.
    init(repeating filling: [UInt8], byteCount: Int) {
        bytes = filling
        remainingByteCount = filling.isEmpty ? 0 : byteCount
    }

    var isEmpty: Bool { remainingByteCount == 0 }

    /// Where in ``bytes`` the next write starts; from there to the array's end there is no more than
    /// remains.
    var offset: Int { Self.offset(in: bytes, remainingByteCount: remainingByteCount) }

    /// The place in `filling` of the next byte if `remainingByteCount` bytes remain.
    static func offset(in filling: [UInt8], remainingByteCount: Int) -> Int {
        guard !filling.isEmpty else { return 0 }
        let tail = remainingByteCount % filling.count
        return tail == 0 ? 0 : filling.count - tail
    }

    /// The system accepted this many bytes.
    mutating func drop(_ byteCount: Int) {
        remainingByteCount -= min(byteCount, remainingByteCount)
    }
}
