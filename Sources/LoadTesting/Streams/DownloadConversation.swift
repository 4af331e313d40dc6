/// Reads bytes, after a request if there is one.
struct DownloadConversation: Conversation {
    private let request: [UInt8]
    private let byteCount: Int?
    private var receivedByteCount = 0

    /// - Parameter byteCount: how many are waited for; `nil` for all up to the end of the stream.
    init(byteCount: Int?, request: [UInt8]) {
        self.byteCount = byteCount
        self.request = request
    }

    mutating func begin() -> Move {
        if let byteCount, receivedByteCount >= byteCount { return .complete(reusable: false) }
        return request.isEmpty ? .wait : .send(Outgoing(request))
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move { skip(bytes.count) }

    var indifferentByteCount: Int { max(0, (byteCount ?? .max) - receivedByteCount) }

    mutating func skip(_ skippedByteCount: Int) -> Move {
        receivedByteCount += skippedByteCount
        guard let byteCount, receivedByteCount >= byteCount else { return .wait }
        return .complete(reusable: false)
    }

    mutating func receiveEndOfStream() -> Move {
        guard let byteCount else {
            if receivedByteCount > 0 { return .complete(reusable: false) }
            return .failed(Failure(.closedEarly, "the stream ended before its first byte"))
        }
        let missing = "\(byteCount - receivedByteCount) of \(byteCount) bytes are missing"
        return .failed(Failure(.closedEarly, missing))
    }
}
