/// Reads a chunked body to its end (RFC 9112 §7.1). The content itself is not looked at.
public struct ChunkedBody: Hashable, Sendable {
    private enum State: Hashable {
        case sizeLine
        case content(remainingByteCount: Int)
        case contentEnd
        case trailer(byteCount: Int)
    }

    private var state = State.sizeLine

    public init() {}

    /// How many of the next bytes are content, which is not looked at.
    public var indifferentByteCount: Int {
        guard case .content(let remaining) = state else { return 0 }
        return remaining
    }

    /// This many bytes of the content have passed unseen, at most ``indifferentByteCount``.
    public mutating func skip(_ byteCount: Int) {
        guard case .content(let remaining) = state else { return }
        let rest = remaining - byteCount
        state = rest == 0 ? .contentEnd : .content(remainingByteCount: rest)
    }

    /// Reads bytes from `position` on.
    ///
    /// - Returns: whether the body ended; `position` is then after it.
    public mutating func receive(
        _ bytes: Span<UInt8>,
        from position: inout Int,
        lines: inout LineCollector
    ) throws(HTTPSyntaxError) -> Bool {
        while position < bytes.count {
            if case .content(let remaining) = state {
                let taken = min(remaining, bytes.count - position)
                position += taken
                state =
                    taken == remaining
                    ? .contentEnd : .content(remainingByteCount: remaining - taken)
                continue
            }
            let state = state
            let next = try lines.nextLine(of: bytes, from: &position) {
                (line) throws(HTTPSyntaxError) -> State? in try Self.next(after: state, line)
            }
            // The outer `nil` is a line that has not ended, the inner one the body's end.
            guard let next else { return false }
            guard let next else { return true }
            self.state = next
        }
        return false
    }

    /// What follows `line`; `nil` for the body's end.
    private static func next(after state: State, _ line: Span<UInt8>) throws(HTTPSyntaxError)
        -> State?
    {
        switch state {
        case .sizeLine:
            let size = try size(line)
            return size == 0 ? .trailer(byteCount: 0) : .content(remainingByteCount: size)
        case .contentEnd:
            guard line.isEmpty else { throw .badChunk }
            return .sizeLine
        case .trailer(let byteCount):
            guard byteCount + line.count <= HTTPSyntaxError.headByteLimit else {
                throw .headTooLong
            }
            return line.isEmpty ? nil : .trailer(byteCount: byteCount + line.count)
        case .content:
            return state
        }
    }

    /// The size in a chunk's first line; extensions after a semicolon are ignored (§7.1.1).
    private static func size(_ line: Span<UInt8>) throws(HTTPSyntaxError) -> Int {
        guard let (size, digitCount) = line.leadingHexadecimal else { throw .badChunk }
        let rest = line.extracting(line.trimmed(digitCount..<line.count))
        guard rest.isEmpty || rest[0] == UInt8(ascii: ";") else { throw .badChunk }
        return size
    }
}

/// Where a body ends in a stream that continues after it: what bounds one direction of a relay.
///
/// ```swift
/// while !body.isComplete {
///     if body.certainByteCount > 0 { body.skip(pass(body.certainByteCount)) }    // unseen
///     else { let count = try body.receive(bytes); pass(bytes[..<count]) }
/// }
/// ```
public struct BodyLength: Hashable, Sendable {
    private enum Form: Hashable {
        case counted(remainingByteCount: Int)
        case chunked(ChunkedBody, LineCollector)
        case complete
    }

    private var form: Form

    private init(_ form: Form) {
        self.form = form
    }

    /// This many bytes.
    public static func bytes(_ count: Int) -> BodyLength {
        BodyLength(count > 0 ? .counted(remainingByteCount: count) : .complete)
    }

    /// Chunks, up to the last one's trailer (RFC 9112 §7.1).
    public static var chunked: BodyLength {
        BodyLength(.chunked(ChunkedBody(), LineCollector(.strict)))
    }

    /// Whether the body has ended.
    public var isComplete: Bool { form == .complete }

    /// How many of the next bytes belong to the body whatever they are, and need not be inspected.
    public var certainByteCount: Int {
        switch form {
        case .counted(let remaining): remaining
        case .chunked(let body, _): body.indifferentByteCount
        case .complete: 0
        }
    }

    /// This many bytes have passed unseen, at most ``certainByteCount``.
    public mutating func skip(_ byteCount: Int) {
        switch form {
        case .counted(let remaining):
            self = .bytes(remaining - byteCount)
        case .chunked(var body, let lines):
            body.skip(byteCount)
            form = .chunked(body, lines)
        case .complete: break
        }
    }

    /// Looks at the next bytes.
    ///
    /// - Returns: how many of them belong to the body. If that is fewer than there are, it has ended.
    public mutating func receive(_ bytes: Span<UInt8>) throws(HTTPSyntaxError) -> Int {
        switch form {
        case .counted(let remaining):
            let count = min(remaining, bytes.count)
            skip(count)
            return count
        case .chunked(var body, var lines):
            var position = 0
            let hasEnded = try body.receive(bytes, from: &position, lines: &lines)
            form = hasEnded ? .complete : .chunked(body, lines)
            return position
        case .complete:
            return 0
        }
    }
}
