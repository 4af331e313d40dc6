/// Finds the lines of a stream that arrives in pieces.
///
/// A line that arrives in one piece is not copied; of any other the beginning is kept.
package struct LineCollector: Hashable, Sendable {
    /// What ends a line (RFC 9112 §2.2).
    package enum LineEnd: Hashable, Sendable {
        /// CR LF alone: who relays a message must not read it in another way than its recipient.
        case strict
        /// LF alone too, which a recipient may accept, and old servers send.
        case lenient
    }

    /// The longest line that is accepted, in bytes, its end included: as much as curl accepts.
    package static let byteLimit = 102_400

    private let lineEnd: LineEnd
    private var beginning: [UInt8] = []

    package init(_ lineEnd: LineEnd) {
        self.lineEnd = lineEnd
    }

    /// Reads bytes from `position` on until a line ends, and lends the line to `body`.
    ///
    /// - Returns: what `body` returned; `nil` if the line continues in the next piece.
    /// - Throws: if a line is too long, or `body` throws.
    package mutating func nextLine<Result>(
        of bytes: Span<UInt8>,
        from position: inout Int,
        _ body: (Span<UInt8>) throws(HTTPFault) -> Result
    ) throws(HTTPFault) -> Result? {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        guard beginning.count + position - start < Self.byteLimit else { throw .lineTooLong }
        guard position < bytes.count else {
            keep(bytes.extracting(start..<position))
            return nil
        }
        position += 1
        guard beginning.isEmpty else {
            keep(bytes.extracting(start..<position))
            defer { beginning.removeAll(keepingCapacity: true) }
            return try lend(beginning.span, body)
        }
        return try lend(bytes.extracting(start..<position), body)
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        for index in bytes.indices { beginning.append(bytes[index]) }
    }

    /// Lends a line, which ends in LF, without its end.
    private func lend<Result>(
        _ line: Span<UInt8>,
        _ body: (Span<UInt8>) throws(HTTPFault) -> Result
    ) throws(HTTPFault) -> Result {
        var end = line.count - 1
        if end > 0, line[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        } else if lineEnd == .strict {
            throw .bareLineFeed
        }
        return try body(line.extracting(0..<end))
    }
}
