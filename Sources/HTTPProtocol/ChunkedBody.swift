/// Reads a chunked body to its end (RFC 9112 §7.1). The content itself is not looked at.
package struct ChunkedBody: Hashable, Sendable {
    private enum State: Hashable {
        case sizeLine
        case content(remainingByteCount: Int)
        case contentEnd
        case trailer(byteCount: Int)
    }

    private var state = State.sizeLine

    package init() {}

    /// How many of the next bytes are content, which is not looked at.
    package var indifferentByteCount: Int {
        guard case .content(let remaining) = state else { return 0 }
        return remaining
    }

    /// So many bytes of the content have passed unseen, at most ``indifferentByteCount``.
    package mutating func skip(_ byteCount: Int) {
        guard case .content(let remaining) = state else { return }
        let rest = remaining - byteCount
        state = rest == 0 ? .contentEnd : .content(remainingByteCount: rest)
    }

    /// Takes bytes from `position` on.
    ///
    /// - Returns: whether the body ended; `position` then stands behind it.
    package mutating func receive(
        _ bytes: Span<UInt8>,
        from position: inout Int,
        lines: inout LineCollector
    ) throws(HTTPFault) -> Bool {
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
                (line) throws(HTTPFault) -> State? in try Self.next(after: state, line)
            }
            // The outer `nil` is a line that has not ended, the inner one the body's end.
            guard let next else { return false }
            guard let next else { return true }
            self.state = next
        }
        return false
    }

    /// What follows `line`; `nil` for the body's end.
    private static func next(after state: State, _ line: Span<UInt8>) throws(HTTPFault) -> State? {
        switch state {
        case .sizeLine:
            let size = try size(line)
            return size == 0 ? .trailer(byteCount: 0) : .content(remainingByteCount: size)
        case .contentEnd:
            guard line.isEmpty else { throw .badChunk }
            return .sizeLine
        case .trailer(let byteCount):
            guard byteCount + line.count <= HTTPFault.headByteLimit else { throw .headTooLong }
            return line.isEmpty ? nil : .trailer(byteCount: byteCount + line.count)
        case .content:
            return state
        }
    }

    /// The size in a chunk's first line; extensions behind a semicolon are passed over (§7.1.1).
    private static func size(_ line: Span<UInt8>) throws(HTTPFault) -> Int {
        guard let (size, digitCount) = line.leadingHexadecimal else { throw .badChunk }
        let rest = line.extracting(line.trimmed(digitCount..<line.count))
        guard rest.isEmpty || rest[0] == UInt8(ascii: ";") else { throw .badChunk }
        return size
    }
}
