import HTTPProtocol
import Testing

@Suite("An answer's head")
struct AnswerHeadTests {
    private func head(_ text: String) throws -> HTTPAnswerHead {
        try #require(try answerHead(text)).head
    }

    @Test("It is the same in pieces of any size, and ends at its empty line")
    func pieces() throws {
        let first = "HTTP/1.1 100 Continue\r\n\r\n"
        let text = first + "HTTP/1.0 307 Temporary  \u{e4}\r\nLocation:x \r\n\r\n"
        for size in 1...text.utf8.count {
            let interim = try #require(try answerHead(text, pieceByteCount: size))
            #expect(interim.byteCount == first.utf8.count && interim.head.isInterim)
            let rest = String(text.dropFirst(first.count))
            let (head, byteCount) = try #require(try answerHead(rest, pieceByteCount: size))
            #expect(byteCount == rest.utf8.count && head.bytes == Array(rest.utf8))
            #expect(head.status == 307 && head.minorVersion == 0 && !head.keepsConnection)
            #expect(head.value(of: "location") == "x")
        }
    }

    @Test("The content ends by status, method and fields", arguments: bodies)
    func body(text: String, method: String, body: BodyLength?) throws {
        #expect(try head("HTTP/1.1 \(text)\r\n\r\n").body(answering: method) == body)
    }

    private static let bodies: [(String, String, BodyLength?)] = [
        ("200 OK\r\nContent-Length: 5", "GET", .bytes(5)),
        ("200 OK\r\nContent-Length: 5", "HEAD", .bytes(0)),
        ("200 OK\r\nTransfer-Encoding: chunked", "PUT", .chunked),
        ("200 OK\r\nTransfer-Encoding: chunked", "HEAD", .bytes(0)),
        ("200 OK", "GET", nil), ("200", "GET", nil), ("200 ", "CONNECT", .bytes(0)),
        ("304 x\r\nContent-Length: 5", "GET", .bytes(0)), ("204 x", "GET", .bytes(0)),
        ("204 x\r\nContent-Length: 0", "GET", .bytes(0)), ("101 x", "GET", .bytes(0)),
        ("407 x", "CONNECT", nil), ("999 x", "GET", nil),
    ]

    @Test("The connection is kept by the version and Connection")
    func connection() throws {
        #expect(try head("HTTP/1.1 200 x\r\n\r\n").keepsConnection)
        #expect(try !head("HTTP/1.1 200 x\r\nConnection: a, Close\r\n\r\n").keepsConnection)
        #expect(try head("HTTP/1.0 200 x\r\nConnection: keep-alive\r\n\r\n").keepsConnection)
    }

    @Test("What two readers could understand in two ways is refused", arguments: refused)
    func malformed(text: String, error: HTTPSyntaxError) {
        for size in [1, 3, .max] {
            #expect(throws: error, "\(text.debugDescription) by \(size)") {
                _ = try answerHead(text + "\r\n\r\n", pieceByteCount: size)
            }
        }
    }

    private static let refused: [(String, HTTPSyntaxError)] = [
        ("HTTP/2 200 OK", .badStatusLine), ("HTTP/1.2 200 OK", .badStatusLine),
        ("http/1.1 200 OK", .badStatusLine), ("ICY 200 OK", .badStatusLine),
        ("\r\nHTTP/1.1 200 OK", .badStatusLine), ("HTTP/1.1  200 OK", .badStatusLine),
        ("HTTP/1.1 20 OK", .badStatusLine), ("HTTP/1.1 2000 OK", .badStatusLine),
        ("HTTP/1.1 099 OK", .badStatusLine), ("HTTP/1.1 2x0 OK", .badStatusLine),
        ("HTTP/1.1 -20 OK", .badStatusLine), ("HTTP/1.1 200OK", .badStatusLine),
        ("HTTP/1.1\t200 OK", .badStatusLine), ("HTTP/1.1", .badStatusLine),
        ("HTTP/1.1 200 a\0b", .badStatusLine), ("HTTP/1.1 200 a\rb", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\nX: a", .bareLineFeed), ("HTTP/1.1 200 OK\r\n X: a", .foldedField),
        ("HTTP/1.1 200 OK\r\nX: a\r\n b", .foldedField), ("HTTP/1.1 200 OK\r\nX : a", .badField),
        ("HTTP/1.1 200 OK\r\nX: a\rb", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\r\nX: a\0", .badValue), ("HTTP/1.1 200 OK\r\nX", .badField),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            .conflictingLengths
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5", .badContentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", .badTransferEncoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", .badTransferEncoding),
        ("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked", .badTransferEncoding),
        ("HTTP/1.1 100 x\r\nTransfer-Encoding: chunked", .badTransferEncoding),
        ("HTTP/1.1 204 x\r\nContent-Length: 1", .badContentLength),
        ("HTTP/1.1 101 x\r\nContent-Length: 1", .badContentLength),
        ("J\0\0\0\u{a}8.0.36", .badStatusLine),
    ]

    @Test("Bytes that are not HTTP are refused at once, and a head has a limit")
    func limits() {
        #expect(throws: HTTPSyntaxError.badStatusLine) { _ = try answerHead("HTTP/2") }
        #expect(throws: HTTPSyntaxError.headTooLong) {
            let value = String(repeating: "y", count: 310_000)
            _ = try answerHead("HTTP/1.1 200 OK\r\nX: \(value)", pieceByteCount: 65_536)
        }
    }
}
