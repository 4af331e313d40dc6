import SeededRandom

/// Raw bytes, without a protocol.
package enum StreamExchange: Hashable, Sendable {
    /// Sends bytes and waits for the same bytes in return, repeatedly on one connection (RFC 862).
    case echo(byteCount: Int)
    /// Sends bytes, closes its direction and waits for the peer to close the other: the peer has then
    /// read everything. Needs a new connection each time (RFC 863).
    case upload(byteCount: Int)
    /// Sends `request`, if any, and reads bytes; `nil` for all up to the end of the stream. Needs a new
    /// connection each time.
    case download(byteCount: Int?, request: [UInt8])

    /// Why it cannot be run, with a remedy; `nil` if it can.
    package var problem: String? {
        let byteCount: Int? =
            switch self {
            case .echo(let count), .upload(let count): count
            case .download(let count, _): count
            }
        guard let byteCount else { return nil }
        return (1...1 << 50).contains(byteCount) ? nil : "use a size from 1 byte to 1 PiB"
    }
}

/// Sends bytes and compares what comes back.
struct EchoConversation: Conversation {
    private let byteCount: Int
    /// How many bytes are still to come back.
    private var remainingByteCount = 0
    /// Recognises an error in place of the echo.
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
            return .failed(failure(bytes, "the bytes that came back differ from those sent"))
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

/// Sends bytes, then its end of the stream, and waits for the peer's.
struct UploadConversation: Conversation {
    private let byteCount: Int
    private var hasSentAll = false
    private var hasReceived = false
    /// A server that answers with an error did not accept the bytes.
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

    /// What the server sends is ignored, unless it is an error.
    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        hasReceived = true
        if case .refused(let failure) = opening.receive(bytes) { return .failed(failure) }
        return .wait
    }

    var indifferentByteCount: Int { hasReceived ? .max : 0 }

    mutating func receiveEndOfStream() -> Move {
        if let failure = opening.end() { return .failed(failure) }
        guard hasSentAll else {
            return .failed(Failure(.closedEarly, "connection closed before everything was sent"))
        }
        return .complete(reusable: false)
    }
}

/// Reads bytes, after a request if there is one.
struct DownloadConversation: Conversation {
    private let request: [UInt8]
    private let byteCount: Int?
    private var receivedByteCount = 0
    /// Recognises an error in place of the download.
    private var opening = ServerOpening()

    /// - Parameter byteCount: how many are expected; `nil` for all until the end of the stream.
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

    /// Only the beginning is inspected.
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
            return .failed(Failure(.closedEarly, "connection closed before the first byte"))
        }
        let missing = "\(byteCount - receivedByteCount) of \(byteCount) bytes are missing"
        return .failed(Failure(.closedEarly, missing))
    }
}

/// What is sent if only the number of bytes matters.
enum Filling {
    /// Looks random, is the same in every run, and has a prime number of bytes: a piece of a stream
    /// that is lost, repeated or shifted by a buffer's size does not match.
    static let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 0)
        return (0..<65_521).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }()
}
