/// Holds a connection and sends nothing; what the server sends is ignored, unless it is an error.
struct IdleConversation: Conversation {
    private var opening = ServerOpening()

    mutating func begin() -> Move { .wait }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        guard case .refused(let failure) = opening.receive(bytes) else { return .wait }
        return .failed(failure)
    }

    mutating func receiveEndOfStream() -> Move {
        let ended = Failure(.closedEarly, "the server closed a connection that was held")
        return .failed(opening.end() ?? ended)
    }
}
