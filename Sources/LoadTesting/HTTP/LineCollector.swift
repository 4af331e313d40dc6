/// Finds lines that end in CR LF in a stream that comes in pieces.
///
/// A line that lies in one piece is not copied; of one that does not, the beginning is kept.
struct LineCollector {
    /// The longest line that is taken, in bytes, its end included.
    static let byteLimit = 8_192

    private var beginning: [UInt8] = []

    /// Takes bytes from `position` on until a line ends, and lends the line to `body`.
    ///
    /// - Returns: what `body` returned; `nil` where the line goes on in the next piece.
    /// - Throws: where a line is too long, ends in a bare LF (RFC 9112 §2.2), or `body` throws.
    mutating func nextLine<Result>(
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
            return try Self.lend(beginning.span, body)
        }
        return try Self.lend(bytes.extracting(start..<position), body)
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        for index in bytes.indices { beginning.append(bytes[index]) }
    }

    /// Lends a line without its CR LF.
    private static func lend<Result>(
        _ line: Span<UInt8>,
        _ body: (Span<UInt8>) throws(HTTPFault) -> Result
    ) throws(HTTPFault) -> Result {
        let end = line.count - 2
        guard end >= 0, line[end] == UInt8(ascii: "\r") else { throw .bareLineFeed }
        return try body(line.extracting(0..<end))
    }
}
