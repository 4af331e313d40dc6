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
        /// Few bodies are: most lengths fit into two words.
        indirect case chunked(ChunkedBody)
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
        BodyLength(.chunked(ChunkedBody()))
    }

    /// Whether the body has ended.
    public var isComplete: Bool {
        if case .complete = form { true } else { false }
    }

    /// How many of the next bytes belong to the body whatever they are, and need not be inspected.
    public var certainByteCount: Int {
        switch form {
        case .counted(let remaining): remaining
        case .chunked(let body): body.indifferentByteCount
        case .complete: 0
        }
    }

    /// This many bytes have passed unseen, at most ``certainByteCount``.
    public mutating func skip(_ byteCount: Int) {
        switch form {
        case .counted(let remaining):
            self = .bytes(remaining - byteCount)
        case .chunked(var body):
            body.skip(byteCount)
            form = .chunked(body)
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
        case .chunked(var body):
            var position = 0
            let hasEnded = try body.receive(bytes, from: &position)
            form = hasEnded ? .complete : .chunked(body)
            return position
        case .complete:
            return 0
        }
    }
}
