/// Reads HTTP/1 responses one after another, within limits, from pieces of any size.
///
/// It keeps what it needs to find a response's end, and the beginning of an error's content: the
/// server's own words. A response that arrives in one piece is read without a copy.
public struct HTTPResponseParser: Sendable {
    /// The outcome of a piece.
    public enum Progress: Equatable, Sendable {
        case incomplete
        /// A final response ended with the piece.
        case complete(status: Int, keepsConnection: Bool)
    }

    private enum State {
        case statusLine
        case fields(HTTPResponseHead)
        case content(HTTPResponseHead, remainingByteCount: Int)
        case chunked(HTTPResponseHead, ChunkedBody)
        case untilEndOfStream(HTTPResponseHead)
    }

    private var state = State.statusLine
    private var lines = LineCollector(.lenient)
    private var hasBegun = false
    /// The beginning of the content of the last error response (RFC 9110 §15.5, §15.6).
    public private(set) var errorContent: [UInt8] = []

    /// How much of an error's content is kept, in bytes.
    public static let errorContentLimit = 400

    public init() {}

    /// Whether part of a response has arrived, but not its end.
    public var isInsideResponse: Bool { hasBegun }

    /// Reads what the server sent. Bytes after a response's end are an error.
    public mutating func receive(_ bytes: Span<UInt8>) throws(HTTPSyntaxError) -> Progress {
        var position = 0
        while position < bytes.count {
            hasBegun = true
            guard let ended = try step(bytes, &position) else { continue }
            guard position == bytes.count else { throw .excessBytes }
            return complete(ended)
        }
        return .incomplete
    }

    /// How many of the next bytes are content, which is not inspected.
    public var indifferentByteCount: Int {
        switch state {
        case .content(_, let remaining): remaining
        case .untilEndOfStream: .max
        case .statusLine, .fields, .chunked: 0
        }
    }

    /// This many bytes of the content have arrived unseen, at most ``indifferentByteCount``.
    public mutating func skip(_ byteCount: Int) -> Progress {
        guard case .content(let head, let remaining) = state else { return .incomplete }
        state = .content(head, remainingByteCount: max(0, remaining - byteCount))
        return byteCount < remaining ? .incomplete : complete(head)
    }

    /// The stream has ended: the response's end if nothing else marks it; `nil` if the response is
    /// cut off.
    public mutating func receiveEndOfStream() -> Progress? {
        guard case .untilEndOfStream(let head) = state else { return nil }
        state = .statusLine
        hasBegun = false
        return .complete(status: head.status, keepsConnection: false)
    }

    private mutating func complete(_ head: HTTPResponseHead) -> Progress {
        state = .statusLine
        hasBegun = false
        return .complete(status: head.status, keepsConnection: head.keepsConnection)
    }

    /// Reads one line or a piece of the content.
    ///
    /// - Returns: the head of the response that ended with it.
    private mutating func step(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTPSyntaxError) -> HTTPResponseHead? {
        switch state {
        case .statusLine:
            let head = try lines.nextLine(of: bytes, from: &position) {
                (line) throws(HTTPSyntaxError) in try HTTPResponseHead(statusLine: line)
            }
            if let head { state = .fields(head) }
            return nil
        case .fields(let head):
            return try readField(of: head, bytes, &position)
        case .content(let head, let remaining):
            let taken = min(remaining, bytes.count - position)
            keepErrorContent(of: head, bytes.extracting(position..<position + taken))
            position += taken
            state = .content(head, remainingByteCount: remaining - taken)
            return taken == remaining ? head : nil
        case .chunked(let head, var body):
            let hasEnded = try body.receive(bytes, from: &position, lines: &lines)
            state = .chunked(head, body)
            return hasEnded ? head : nil
        case .untilEndOfStream(let head):
            keepErrorContent(of: head, bytes.extracting(position..<bytes.count))
            position = bytes.count
            return nil
        }
    }

    private mutating func keepErrorContent(of head: HTTPResponseHead, _ bytes: Span<UInt8>) {
        guard head.status >= 400 else { return }
        let count = min(bytes.count, Self.errorContentLimit - errorContent.count)
        for index in 0..<max(0, count) { errorContent.append(bytes[index]) }
    }

    /// Reads a field, or the empty line after the last one.
    private mutating func readField(
        of head: HTTPResponseHead,
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTPSyntaxError) -> HTTPResponseHead? {
        let next = try lines.nextLine(of: bytes, from: &position) {
            (line) throws(HTTPSyntaxError) -> HTTPResponseHead? in
            guard !line.isEmpty else { return nil }
            var head = head
            try head.read(field: line)
            return head
        }
        guard let next else { return nil }
        if let head = next {
            state = .fields(head)
            return nil
        }
        return try beginContent(of: head)
    }

    private mutating func beginContent(
        of head: HTTPResponseHead
    ) throws(HTTPSyntaxError) -> HTTPResponseHead? {
        var head = head
        try head.endFields()
        errorContent.removeAll(keepingCapacity: true)
        if head.isInterim {
            state = .statusLine
            return nil
        }
        switch try head.framing() {
        case .length(0): return head
        case .length(let count): state = .content(head, remainingByteCount: count)
        case .chunked: state = .chunked(head, ChunkedBody())
        case .untilEndOfStream: state = .untilEndOfStream(head)
        }
        return nil
    }
}
