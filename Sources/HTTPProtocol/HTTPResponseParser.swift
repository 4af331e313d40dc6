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
        case fields
        case content(remainingByteCount: Int)
        case chunked(ChunkedBody)
        case untilEndOfStream
    }

    private var state = State.statusLine
    /// Of the response that is being read.
    private var head = HTTPResponseHead()
    private var lines = LineCollector()
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
            guard try step(bytes, &position) else { continue }
            guard position == bytes.count else { throw .excessBytes }
            return complete()
        }
        return .incomplete
    }

    /// How many of the next bytes are content, which is not inspected.
    public var indifferentByteCount: Int {
        switch state {
        case .content(let remaining): remaining
        case .untilEndOfStream: .max
        case .statusLine, .fields, .chunked: 0
        }
    }

    /// This many bytes of the content have arrived unseen, at most ``indifferentByteCount``.
    public mutating func skip(_ byteCount: Int) -> Progress {
        guard case .content(let remaining) = state else { return .incomplete }
        state = .content(remainingByteCount: max(0, remaining - byteCount))
        return byteCount < remaining ? .incomplete : complete()
    }

    /// The stream has ended: the response's end if nothing else marks it; `nil` if the response is
    /// cut off.
    public mutating func receiveEndOfStream() -> Progress? {
        guard case .untilEndOfStream = state else { return nil }
        _ = complete()
        return .complete(status: head.status, keepsConnection: false)
    }

    private mutating func complete() -> Progress {
        state = .statusLine
        hasBegun = false
        return .complete(status: head.status, keepsConnection: head.keepsConnection)
    }
}

// MARK: - The parts of a response

extension HTTPResponseParser {
    /// Reads one line or a piece of the content.
    ///
    /// - Returns: whether the response ended with it.
    private mutating func step(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTPSyntaxError) -> Bool {
        switch state {
        case .statusLine:
            let line: Void? = try lines.nextLine(of: bytes, from: &position, changing: &head) {
                (line, head) throws(HTTPSyntaxError) in try head.read(statusLine: line)
            }
            if line != nil { state = .fields }
            return false
        case .fields:
            return try readField(bytes, &position)
        case .content(let remaining):
            let taken = min(remaining, bytes.count - position)
            keepErrorContent(bytes.extracting(position..<position + taken))
            position += taken
            state = .content(remainingByteCount: remaining - taken)
            return taken == remaining
        case .chunked(var body):
            let hasEnded = try body.receive(bytes, from: &position)
            state = .chunked(body)
            return hasEnded
        case .untilEndOfStream:
            keepErrorContent(bytes.extracting(position..<bytes.count))
            position = bytes.count
            return false
        }
    }

    private mutating func keepErrorContent(_ bytes: Span<UInt8>) {
        guard head.status >= 400 else { return }
        let count = min(bytes.count, Self.errorContentLimit - errorContent.count)
        for index in 0..<max(0, count) { errorContent.append(bytes[index]) }
    }

    /// Reads a field, or the empty line after the last one.
    private mutating func readField(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTPSyntaxError) -> Bool {
        let isLast = try lines.nextLine(of: bytes, from: &position, changing: &head) {
            (line, head) throws(HTTPSyntaxError) in
            if !line.isEmpty { try head.read(field: line) }
            return line.isEmpty
        }
        return isLast == true ? try beginContent() : false
    }

    private mutating func beginContent() throws(HTTPSyntaxError) -> Bool {
        let framing = try head.end()
        errorContent.removeAll(keepingCapacity: true)
        if head.statusLine.isInterim {
            state = .statusLine
            return false
        }
        switch framing {
        case .length(0): return true
        case .length(let count): state = .content(remainingByteCount: count)
        case .chunked: state = .chunked(ChunkedBody(.lenient))
        case .untilEndOfStream: state = .untilEndOfStream
        }
        return false
    }
}
