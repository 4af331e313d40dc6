/// Sends bytes and compares what comes back.
struct EchoConversation: Conversation {
    private let byteCount: Int
    /// How many bytes are still to come back.
    private var remainingByteCount = 0
    /// Names the error that came instead of an echo.
    private var opening = ServerOpening()

    init(byteCount: Int) {
        self.byteCount = byteCount
    }

    mutating func begin() -> Move {
        remainingByteCount = byteCount
        return .send(Outgoing(repeating: Filling.bytes, byteCount: byteCount))
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        guard bytes.count <= remainingByteCount else {
            return .failed(failure(bytes, "more bytes came back than were sent"))
        }
        guard matches(bytes) else {
            return .failed(failure(bytes, "other bytes came back than were sent"))
        }
        remainingByteCount -= bytes.count
        return remainingByteCount == 0 ? .complete(reusable: true) : .wait
    }

    mutating func receiveEndOfStream() -> Move {
        guard remainingByteCount > 0 else { return .close }
        let missing = "\(remainingByteCount) of \(byteCount) bytes did not come back"
        return .failed(Failure(.closedEarly, missing))
    }

    private mutating func failure(_ bytes: Span<UInt8>, _ words: String) -> Failure {
        let verdict = opening.receive(bytes)
        if case .refused(let failure) = verdict { return failure }
        return opening.end() ?? Failure(.badResponse, words)
    }

    private func matches(_ bytes: Span<UInt8>) -> Bool {
        let filling = Filling.bytes
        var place = Outgoing.offset(in: filling, remainingByteCount: remainingByteCount)
        for index in bytes.indices {
            if bytes[index] != filling[place] { return false }
            place += 1
            if place == filling.count { place = 0 }
        }
        return true
    }
}
