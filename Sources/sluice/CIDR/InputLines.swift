import Sockets

/// Standard input's lines, read in large pieces.
struct InputLines {
    /// Maximum line length in bytes: standard input could be anything.
    static let lineLimit = 65_536

    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    /// The next line without its end and without white space around it; `nil` at the end.
    mutating func next() throws -> ArraySlice<UInt8>? {
        while true {
            if let newline = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = newline + 1 }
                return Self.trimmed(buffer[position..<newline])
            }
            if isAtEnd { return takeRest() }
            try refill()
        }
    }

    private mutating func takeRest() -> ArraySlice<UInt8>? {
        guard position < buffer.count else { return nil }
        defer { position = buffer.count }
        return Self.trimmed(buffer[position...])
    }

    private mutating func refill() throws {
        buffer.removeSubrange(..<position)
        position = 0
        guard buffer.count <= Self.lineLimit else { throw InputError.lineTooLong }
        let piece = try File.standardInput.read(upTo: 1 << 20)
        isAtEnd = piece.isEmpty
        buffer.append(contentsOf: piece)
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte <= UInt8(ascii: " ") }
        let start = line.firstIndex { !isBlank($0) } ?? line.endIndex
        let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return line[start..<end]
    }
}

/// Always an error in the data on standard input.
enum InputError: Error, CustomStringConvertible {
    case lineTooLong

    var description: String {
        "standard input: line too long (at most \(InputLines.lineLimit) bytes)"
    }
}
