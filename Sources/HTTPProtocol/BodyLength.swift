/// Where a body ends in a stream that goes on after it: what bounds one direction of a relay.
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

    /// How many of the next bytes belong to the body whatever they are, and need not be shown.
    public var certainByteCount: Int {
        switch form {
        case .counted(let remaining): remaining
        case .chunked(let body, _): body.indifferentByteCount
        case .complete: 0
        }
    }

    /// So many bytes have passed unseen, at most ``certainByteCount``.
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
    /// - Returns: how many of them belong to the body. If fewer than there are, it has ended.
    public mutating func receive(_ bytes: Span<UInt8>) throws(MalformedBody) -> Int {
        switch form {
        case .counted(let remaining):
            let count = min(remaining, bytes.count)
            skip(count)
            return count
        case .chunked(var body, var lines):
            var position = 0
            do throws(HTTPFault) {
                let hasEnded = try body.receive(bytes, from: &position, lines: &lines)
                form = hasEnded ? .complete : .chunked(body, lines)
                return position
            } catch {
                throw MalformedBody(reason: error.description)
            }
        case .complete:
            return 0
        }
    }
}

/// A body whose end cannot be found.
public struct MalformedBody: Error, Hashable, Sendable {
    public let reason: String
}
