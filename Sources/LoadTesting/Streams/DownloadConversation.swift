/// Reads bytes, after a request if there is one.
struct DownloadConversation: Conversation {
    private let request: [UInt8]
    private let byteCount: Int?
    private var receivedByteCount = 0
    /// An error is not a download.
    private var opening = ServerOpening()

    /// - Parameter byteCount: how many are waited for; `nil` for all until the end of the stream.
    init(byteCount: Int?, request: [UInt8]) {
        self.byteCount = byteCount
        self.request = request
    }

    mutating func begin() -> Move {
        if let byteCount, receivedByteCount >= byteCount { return .complete(reusable: false) }
        return request.isEmpty ? .wait : .send(Outgoing(request))
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        if case .refused(let failure) = opening.receive(bytes) { return .failed(failure) }
        return skip(bytes.count)
    }

    /// The beginning is looked at.
    var indifferentByteCount: Int {
        receivedByteCount == 0 ? 0 : max(0, (byteCount ?? .max) - receivedByteCount)
    }

    mutating func skip(_ skippedByteCount: Int) -> Move {
        receivedByteCount += skippedByteCount
        guard let byteCount, receivedByteCount >= byteCount else { return .wait }
        return .complete(reusable: false)
    }

    mutating func receiveEndOfStream() -> Move {
        if let failure = opening.end() { return .failed(failure) }
        guard let byteCount else {
            if receivedByteCount > 0 { return .complete(reusable: false) }
            return .failed(Failure(.closedEarly, "the stream ended before its first byte"))
        }
        let missing = "\(byteCount - receivedByteCount) of \(byteCount) bytes are missing"
        return .failed(Failure(.closedEarly, missing))
    }
}
