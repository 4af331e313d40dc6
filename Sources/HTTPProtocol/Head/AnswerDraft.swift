import Text

/// A response's head as far as it was read.
struct AnswerDraft: HeadDraft {
    static let skipsEmptyLines = false

    private(set) var statusLine = HTTPStatusLine()
    private(set) var fields = HTTPFields()

    func check(beginning: Span<UInt8>) throws(HTTPSyntaxError) {
        let prefix: StaticString = "HTTP/1."
        let letters = unsafe UnsafeBufferPointer(start: prefix.utf8Start, count: 7)
        for index in 0..<min(beginning.count, 7) {
            guard unsafe beginning[index] == letters[index] else { throw .badStatusLine }
        }
    }

    mutating func read(firstLine line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError) {
        statusLine = try HTTPStatusLine(line)
        for index in 12..<line.count where !line[index].isOfValue {
            throw line[index] == UInt8(ascii: "\r") ? .bareCarriageReturn : .badStatusLine
        }
    }

    mutating func read(field line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError) {
        try fields.read(line, at: offset)
    }

    mutating func end(_ head: Span<UInt8>) throws(HTTPSyntaxError) {
        try fields.end(minorVersion: statusLine.minorVersion)
        guard statusLine.isInterim || statusLine.status == 204 else { return }
        if fields.isChunked { throw .badTransferEncoding }
        if let length = fields.contentLength, length > 0 { throw .badContentLength }
    }
}
