/// Finds the lines of a stream that arrives in pieces. LF alone ends a line too, which a recipient may
/// accept and old servers send (RFC 9112 §2.2): for a client, never for a relay.
///
/// A line that arrives in one piece is not copied; of any other, the beginning is kept.
public struct LineCollector: Hashable, Sendable {
    /// The longest line that is accepted by default, in bytes, its end included: as long as curl
    /// accepts.
    public static let byteLimit = 102_400

    private let byteLimit: Int
    private var beginning: [UInt8] = []

    /// - Parameter byteLimit: the longest line that is accepted, in bytes, its end included.
    public init(byteLimit: Int = Self.byteLimit) {
        self.byteLimit = byteLimit
    }

    /// Reads bytes from `position` on until a line ends, and lends the line without its end to `body`,
    /// together with what `body` changes.
    ///
    /// - Returns: what `body` returned; `nil` if the line continues in the next piece.
    /// - Throws: if a line is too long, or `body` throws.
    public mutating func nextLine<State, Result>(
        of bytes: Span<UInt8>,
        from position: inout Int,
        changing state: inout State,
        _ body: (Span<UInt8>, inout State) throws(HTTPSyntaxError) -> Result
    ) throws(HTTPSyntaxError) -> Result? {
        let start = position
        let lineFeed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start)
        position = lineFeed ?? bytes.count
        guard beginning.count + position - start < byteLimit else {
            throw .lineTooLong(limit: byteLimit)
        }
        guard let lineFeed else {
            keep(bytes.extracting(start..<position))
            return nil
        }
        position += 1
        guard !beginning.isEmpty else {
            let line = bytes.extracting(start..<lineFeed)
            return try body(line.extracting(0..<line.countWithoutCarriageReturn), &state)
        }
        keep(bytes.extracting(start..<lineFeed))
        defer { beginning.removeAll(keepingCapacity: true) }
        let line = beginning.span
        return try body(line.extracting(0..<line.countWithoutCarriageReturn), &state)
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        for index in bytes.indices { beginning.append(bytes[index]) }
    }
}

extension Span<UInt8> {
    fileprivate var countWithoutCarriageReturn: Int {
        count > 0 && self[count - 1] == UInt8(ascii: "\r") ? count - 1 : count
    }
}
