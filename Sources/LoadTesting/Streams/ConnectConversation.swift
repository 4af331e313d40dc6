/// How connections are counted that carry nothing.
public struct ConnectExchange: Hashable, Sendable {
    /// Whether a connection counts when the server's first byte has come, and not when it stands: a
    /// gateway accepts before it has a backend.
    public var awaitsFirstByte: Bool
    /// Whether it ends with RST in place of FIN: no local port then waits a minute for stragglers
    /// (TIME-WAIT, RFC 9293 §3.6.1).
    public var closesWithReset: Bool

    public init(awaitsFirstByte: Bool = false, closesWithReset: Bool = false) {
        self.awaitsFirstByte = awaitsFirstByte
        self.closesWithReset = closesWithReset
    }
}

/// Connects, perhaps waits for a first byte, and is done.
struct ConnectConversation: Conversation {
    private let exchange: ConnectExchange

    init(_ exchange: ConnectExchange) {
        self.exchange = exchange
    }

    var closesWithReset: Bool { exchange.closesWithReset }

    mutating func begin() -> Move {
        exchange.awaitsFirstByte ? .wait : .complete(reusable: false)
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move { .complete(reusable: false) }

    mutating func receiveEndOfStream() -> Move {
        .failed(Failure(.closedEarly, "the stream ended before its first byte"))
    }
}
