/// Sends bytes, then its end of the stream, and waits for the peer's.
struct UploadConversation: Conversation {
    private let byteCount: Int
    private var hasSentAll = false

    init(byteCount: Int) {
        self.byteCount = byteCount
    }

    mutating func begin() -> Move {
        .send(Outgoing(repeating: Filling.bytes, byteCount: byteCount))
    }

    mutating func finishSending() -> Move {
        hasSentAll = true
        return .endSending
    }

    /// What a sink says is of no interest.
    mutating func receive(_ bytes: Span<UInt8>) -> Move { .wait }

    var indifferentByteCount: Int { .max }

    mutating func receiveEndOfStream() -> Move {
        guard hasSentAll else {
            return .failed(Failure(.closedEarly, "the stream ended before all was sent"))
        }
        return .complete(reusable: false)
    }
}
