/// What one connection says and awaits, as decisions only: no socket and no clock.
///
/// An *operation* is what is counted and timed: a request with its response, a query, an echo.
/// A conversation is copied for each connection from one that has said nothing.
protocol Conversation: Sendable {
    /// The connection stands.
    mutating func open() -> Move
    /// An operation begins; only after `.ready`, or after `.complete` with a reusable connection.
    mutating func begin() -> Move
    mutating func receive(_ bytes: Span<UInt8>) -> Move
    /// How many of the next bytes count and are not looked at.
    var indifferentByteCount: Int { get }
    /// `byteCount` bytes came, at most ``indifferentByteCount``.
    mutating func skip(_ byteCount: Int) -> Move
    /// The peer has sent all that it will send.
    mutating func receiveEndOfStream() -> Move
    /// The system took all that the last `.send` was about.
    mutating func finishSending() -> Move
    /// Sent before a connection that is no longer needed is closed.
    var farewell: [UInt8] { get }
    /// Whether a connection that is no longer needed ends with RST in place of FIN.
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

/// What is to be done next with a connection.
enum Move: Equatable {
    /// Nothing, until something comes.
    case wait
    /// The operation is done, if the connection stays as it is for at least so long.
    case hold(nanoseconds: Int64)
    case send(Outgoing)
    /// Say that no more will be sent; go on reading.
    case endSending
    /// An operation may begin.
    case ready
    /// The operation succeeded.
    case complete(reusable: Bool)
    /// The operation failed, yet the connection may be in order.
    case refused(Failure, reusable: Bool)
    /// The operation failed, and the connection is of no more use.
    case failed(Failure)
    /// No operation was running, and the connection is of no more use.
    case close
}

/// Bytes on their way out: a message, or as many as wanted of a filling that repeats.
///
/// The filling is aligned with the end of what is sent, so that every write takes the array's tail.
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

    /// The last `byteCount` bytes of `filling` repeated for ever.
    init(repeating filling: [UInt8], byteCount: Int) {
        bytes = filling
        remainingByteCount = filling.isEmpty ? 0 : byteCount
    }

    var isEmpty: Bool { remainingByteCount == 0 }

    /// Where in ``bytes`` the next write starts; from there to the array's end no more than what
    /// remains.
    var offset: Int { Self.offset(in: bytes, remainingByteCount: remainingByteCount) }

    /// The place in `filling` of the byte that comes when `remainingByteCount` are still to come.
    static func offset(in filling: [UInt8], remainingByteCount: Int) -> Int {
        guard !filling.isEmpty else { return 0 }
        let tail = remainingByteCount % filling.count
        return tail == 0 ? 0 : filling.count - tail
    }

    /// Takes note of what the system took.
    mutating func drop(_ byteCount: Int) {
        remainingByteCount -= min(byteCount, remainingByteCount)
    }
}
