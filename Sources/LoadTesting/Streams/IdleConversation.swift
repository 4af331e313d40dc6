/// Holds a connection and says nothing; what the server says is passed over.
struct IdleConversation: Conversation {
    mutating func begin() -> Move { .wait }

    mutating func receive(_ bytes: Span<UInt8>) -> Move { .wait }

    mutating func receiveEndOfStream() -> Move {
        .failed(Failure(.closedEarly, "the server ended a connection that was held"))
    }
}
