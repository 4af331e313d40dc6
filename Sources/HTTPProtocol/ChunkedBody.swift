import Text

/// Reads a chunked body to its end (RFC 9112 §7.1). The content itself is not looked at.
///
/// Refused: a line that does not end in CR LF; a size that is not 1 to 15 hexadecimal digits, or is
/// followed by anything but an extension; an extension of more than 4,096 bytes, with a control
/// character or a quotation that its line does not end; anything but CR LF after the content; a
/// trailer field that would be malformed in a head, or is Content-Length, Transfer-Encoding or Host;
/// and trailers of more than 64 KiB.
public struct ChunkedBody: Hashable, Sendable {
    /// What ends a line of it (RFC 9112 §2.2).
    public enum Grammar: Hashable, Sendable {
        /// Only CR LF: a relay must read a message exactly as its recipient does.
        case strict
        /// LF alone too, and white space after a size, which old servers send.
        case lenient
    }

    private enum State: Hashable {
        case size(digitCount: UInt8)
        /// White space after the size, in lenient bodies.
        case padding
        case `extension`(Quotation)
        /// A CR has ended the line of the size.
        case sizeEnd
        case content
        case contentEnd
        case contentLineEnd
        case trailer
        case trailerName(TrailerName)
        case trailerValue
        case trailerEnd
        case bodyEnd
    }

    fileprivate enum Quotation: Hashable { case none, inside, escaped }

    /// The longest extension of one chunk, in bytes.
    public static let extensionByteLimit = 4_096
    /// The longest trailers, in bytes.
    public static let trailerByteLimit = 65_536
    private static let digitLimit = 15

    private let grammar: Grammar
    private var state = State.size(digitCount: 0)
    /// Of the chunk's content: how much of it is still to come.
    private var remaining = 0
    /// Of this chunk's extension, or of all trailers.
    private var byteCount = 0

    public init(_ grammar: Grammar = .strict) {
        self.grammar = grammar
    }

    /// How many of the next bytes are content, which is not looked at.
    public var indifferentByteCount: Int { state == .content ? remaining : 0 }

    /// This many bytes of the content have passed unseen, at most ``indifferentByteCount``.
    public mutating func skip(_ byteCount: Int) {
        guard state == .content else { return }
        remaining -= min(byteCount, remaining)
        if remaining == 0 { state = .contentEnd }
    }

    /// Reads bytes from `position` on.
    ///
    /// - Returns: whether the body ended; `position` is then after it.
    public mutating func receive(
        _ bytes: Span<UInt8>,
        from position: inout Int
    ) throws(HTTPSyntaxError) -> Bool {
        while position < bytes.count {
            if state == .content {
                let taken = min(remaining, bytes.count - position)
                skip(taken)
                position += taken
                continue
            }
            let byte = bytes[position]
            position += 1
            if try read(byte) { return true }
        }
        return false
    }

    /// - Returns: whether the body ends with this byte.
    private mutating func read(_ byte: UInt8) throws(HTTPSyntaxError) -> Bool {
        switch state {
        case .size(let digitCount): try readSize(byte, digitCount)
        case .padding: try readAfterSize(byte)
        case .extension(let quotation): try readExtension(byte, quotation)
        case .sizeEnd:
            try require(lineFeed: byte)
            beginContent()
        case .content: break
        case .contentEnd:
            switch try lineEnd(byte) {
            case .begun: state = .contentLineEnd
            case .complete: beginSize()
            case nil: throw .badChunk
            }
        case .contentLineEnd:
            try require(lineFeed: byte)
            beginSize()
        case .trailer, .trailerName, .trailerValue, .trailerEnd: return try readTrailer(byte)
        case .bodyEnd:
            try require(lineFeed: byte)
            return true
        }
        return false
    }
}

// MARK: - Lines

extension ChunkedBody {
    private enum LineEnd {
        /// By a CR, which LF must follow.
        case begun
        case complete
    }

    /// - Returns: whether `byte` ends a line; `nil` if it is part of one.
    private func lineEnd(_ byte: UInt8) throws(HTTPSyntaxError) -> LineEnd? {
        if byte == UInt8(ascii: "\r") { return .begun }
        guard byte == UInt8(ascii: "\n") else { return nil }
        guard grammar == .lenient else { throw .bareLineFeed }
        return .complete
    }

    private func require(lineFeed byte: UInt8) throws(HTTPSyntaxError) {
        guard byte == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
    }
}

// MARK: - A chunk's first line

extension ChunkedBody {
    private mutating func beginSize() {
        state = .size(digitCount: 0)
        remaining = 0
        byteCount = 0
    }

    private mutating func beginContent() {
        state = remaining > 0 ? .content : .trailer
        byteCount = 0
    }

    private mutating func readSize(
        _ byte: UInt8,
        _ digitCount: UInt8
    ) throws(HTTPSyntaxError) {
        if let digit = byte.hexadecimalDigit {
            guard digitCount < Self.digitLimit else { throw .badChunk }
            remaining = remaining << 4 | digit
            state = .size(digitCount: digitCount + 1)
            return
        }
        guard digitCount > 0 else { throw .badChunk }
        try readAfterSize(byte)
    }

    private mutating func readAfterSize(_ byte: UInt8) throws(HTTPSyntaxError) {
        switch try lineEnd(byte) {
        case .begun: state = .sizeEnd
        case .complete: beginContent()
        case nil:
            if byte == UInt8(ascii: ";") {
                state = .extension(.none)
            } else if byte.isBlank, grammar == .lenient {
                state = .padding
            } else {
                throw .badChunk
            }
        }
    }

    /// Extensions are passed on unread (§7.1.1). But a reader that takes quotations seriously must not
    /// see a line end inside of one.
    private mutating func readExtension(
        _ byte: UInt8,
        _ quotation: Quotation
    ) throws(HTTPSyntaxError) {
        if let end = try lineEnd(byte) {
            guard quotation == .none else { throw .badChunk }
            if end == .begun { state = .sizeEnd } else { beginContent() }
            return
        }
        byteCount += 1
        guard byteCount <= Self.extensionByteLimit, byte.isOfValue else { throw .badChunk }
        state = .extension(quotation.next(byte))
    }
}

extension ChunkedBody.Quotation {
    fileprivate func next(_ byte: UInt8) -> Self {
        switch self {
        case .none: byte == UInt8(ascii: "\"") ? .inside : .none
        case .inside:
            byte == UInt8(ascii: "\"") ? .none : byte == UInt8(ascii: "\\") ? .escaped : .inside
        case .escaped: .inside
        }
    }
}

// MARK: - Trailers

extension ChunkedBody {
    /// Reads the fields after the last chunk (§7.1.2), which are passed on.
    ///
    /// - Returns: whether the body ends with this byte.
    private mutating func readTrailer(_ byte: UInt8) throws(HTTPSyntaxError) -> Bool {
        byteCount += 1
        guard byteCount <= Self.trailerByteLimit else { throw .headTooLong }
        switch state {
        case .trailerName(let name): try readTrailerName(byte, name)
        case .trailerValue:
            switch try lineEnd(byte) {
            case .begun: state = .trailerEnd
            case .complete: state = .trailer
            case nil: guard byte.isOfValue else { throw .badValue }
            }
        case .trailerEnd:
            try require(lineFeed: byte)
            state = .trailer
        default: return try beginTrailer(byte)
        }
        return false
    }

    private mutating func beginTrailer(_ byte: UInt8) throws(HTTPSyntaxError) -> Bool {
        switch try lineEnd(byte) {
        case .begun: state = .bodyEnd
        case .complete: return true
        case nil:
            if byte.isBlank { throw .foldedField }
            try readTrailerName(byte, TrailerName())
        }
        return false
    }

    private mutating func readTrailerName(
        _ byte: UInt8,
        _ name: TrailerName
    ) throws(HTTPSyntaxError) {
        if byte == UInt8(ascii: ":"), !name.isEmpty {
            if grammar == .strict, name.isForbidden { throw .badTrailer }
            state = .trailerValue
        } else {
            guard byte.isOfToken else { throw .badField }
            state = .trailerName(name.appending(byte))
        }
    }
}
