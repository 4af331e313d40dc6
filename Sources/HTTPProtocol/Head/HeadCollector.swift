import Text

/// What one kind of head makes of its lines.
protocol HeadDraft: Sendable {
    /// Whether empty lines may precede the first one.
    static var skipsEmptyLines: Bool { get }

    init()

    /// Checks the beginning of the first line, of which the rest may not have arrived.
    func check(beginning: Span<UInt8>) throws(HTTPSyntaxError)
    /// Reads a line without its end. `offset` is where it begins in the head.
    mutating func read(firstLine line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError)
    mutating func read(field line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError)
    /// The empty line has been read: `head` is whole.
    mutating func end(_ head: Span<UInt8>) throws(HTTPSyntaxError)
}

/// Collects a head that arrives in pieces of any size, and reads each line once it has ended.
///
/// A head that arrives in one piece is copied once. Where a head is cut does not matter: what decides
/// is always a whole line, the beginning of the first one, or the limit.
struct HeadCollector<Draft: HeadDraft>: Sendable {
    /// A head, and how many of the last piece's bytes belong to it.
    struct Collected {
        let bytes: [UInt8]
        let draft: Draft
        let consumed: Int
    }

    let byteLimit: Int
    private(set) var held: [UInt8] = []
    private var lines = HeadLines<Draft>()

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// Whether nothing but empty lines has arrived.
    var isEmpty: Bool { lines.start == held.count }

    mutating func receive(_ bytes: Span<UInt8>) throws(HTTPSyntaxError) -> Collected? {
        guard held.isEmpty else { return try receiveMore(bytes) }
        let view = bytes.extracting(first: byteLimit)
        do throws(HTTPSyntaxError) {
            guard let end = try lines.read(view) else {
                held = view.copy(0..<view.count)
                guard held.count < byteLimit else { throw .headTooLong }
                return nil
            }
            return take(view.copy(lines.start..<end), consumed: end)
        } catch {
            held = view.copy(0..<view.count)
            throw error
        }
    }

    private mutating func receiveMore(
        _ bytes: Span<UInt8>
    ) throws(HTTPSyntaxError) -> Collected? {
        let heldCount = held.count
        let taken = min(bytes.count, byteLimit - heldCount)
        for index in 0..<taken { held.append(bytes[index]) }
        let whole = held
        guard let end = try lines.read(whole.span) else {
            guard held.count < byteLimit else { throw .headTooLong }
            return nil
        }
        return take(Array(held[lines.start..<end]), consumed: end - heldCount)
    }

    /// Begins again with the next head.
    private mutating func take(_ bytes: [UInt8], consumed: Int) -> Collected {
        let collected = Collected(bytes: bytes, draft: lines.draft, consumed: consumed)
        self = HeadCollector(byteLimit: byteLimit)
        return collected
    }
}

/// Finds the lines of a head in bytes that grow at their end.
private struct HeadLines<Draft: HeadDraft>: Sendable {
    var draft = Draft()
    /// Where the head begins, after empty lines.
    private(set) var start = 0
    private var lineStart = 0
    /// Up to here there is no LF in the line.
    private var scanned = 0
    private var hasFirstLine = false

    /// - Returns: where the head ends; `nil` if more is needed.
    mutating func read(_ bytes: Span<UInt8>) throws(HTTPSyntaxError) -> Int? {
        if !hasFirstLine { try readBeginning(bytes) }
        while let lineFeed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: scanned) {
            guard lineFeed > lineStart, bytes[lineFeed - 1] == UInt8(ascii: "\r") else {
                throw .bareLineFeed
            }
            let line = bytes.extracting(lineStart..<lineFeed - 1)
            let offset = lineStart - start
            scanned = lineFeed + 1
            lineStart = scanned
            if line.isEmpty {
                try draft.end(bytes.extracting(start..<scanned))
                return scanned
            }
            if hasFirstLine {
                try draft.read(field: line, at: offset)
            } else {
                try draft.read(firstLine: line, at: offset)
                hasFirstLine = true
            }
        }
        scanned = bytes.count
        return nil
    }

    /// Skips empty lines, and checks the beginning of the first line.
    private mutating func readBeginning(_ bytes: Span<UInt8>) throws(HTTPSyntaxError) {
        while Draft.skipsEmptyLines, start < bytes.count {
            if bytes[start] == UInt8(ascii: "\n") { throw .bareLineFeed }
            guard bytes[start] == UInt8(ascii: "\r") else { break }
            guard start + 1 < bytes.count else { return }
            guard bytes[start + 1] == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
            start += 2
            lineStart = start
            scanned = max(scanned, start)
        }
        try draft.check(beginning: bytes.extracting(start..<bytes.count))
    }
}
