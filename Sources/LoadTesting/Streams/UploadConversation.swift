/// Sends bytes, then its end of the stream, and waits for the peer's.
struct UploadConversation: Conversation {
    private let byteCount: Int
    private var hasSentAll = false
    private var hasReceived = false
    /// A server that answers with an error did not take the bytes.
    private var opening = ServerOpening()

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

    /// What a sink sends does not matter, unless it is an error.
    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        hasReceived = true
        if case .refused(let failure) = opening.receive(bytes) { return .failed(failure) }
        return .wait
    }

    var indifferentByteCount: Int { hasReceived ? .max : 0 }

    mutating func receiveEndOfStream() -> Move {
        if let failure = opening.end() { return .failed(failure) }
        guard hasSentAll else {
            return .failed(Failure(.closedEarly, "the stream ended before all was sent"))
        }
        return .complete(reusable: false)
    }
}
