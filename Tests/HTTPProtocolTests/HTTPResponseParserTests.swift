import HTTPProtocol
import Testing

@Suite struct HTTPResponseParserTests {
    private static let responses: [(String, status: Int, keeps: Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, true),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, true),
        ("HTTP/1.1 200\r\ncontent-length:0\r\nCONNECTION: Keep-Alive, Close\r\n\r\n", 200, false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, false),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, true),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 307 Elsewhere\r\nContent-Length: 0\r\n\r\n",
            307, true
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1F\r\n"
                + String(repeating: "y", count: 31) + "\r\n0\r\nTrailer: x\r\n\r\n", 200, true
        ),
        // Folded fields (RFC 9112 §5.2), among them those that matter.
        ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\nContent-Length: 1\r\n\r\nx", 200, true),
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\n 5\r\n \r\n\r\nhello", 200, true),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x,\r\n  close\r\n\r\nx", 200,
            false
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip,\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            200, true
        ),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, true),
        (
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 20_000))\r\n"
                + "Content-Length: 1\r\n\r\nx", 200, true
        ),
        (
            "HTTP/1.1 200 OK\r\n" + String(repeating: "Set-Cookie: a=b\r\n", count: 300)
                + "Content-Length: 1\r\n\r\nx", 200, true
        ),
    ]

    @Test(arguments: responses.indices)
    func findsTheEndOfAResponseInPiecesOfAnySize(index: Int) throws {
        let (text, status, keeps) = Self.responses[index]
        let bytes = Array(text.utf8)
        // Every size; of long responses every small one, and some of the others.
        let sizes = bytes.count < 500 ? Array(1...bytes.count) : [1, 2, 3, 7, 4_096, bytes.count]
        for size in sizes {
            var parser = HTTPResponseParser()
            var last = HTTPResponseParser.Progress.incomplete
            for start in stride(from: 0, to: bytes.count, by: size) {
                #expect(last == .incomplete)
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                last = try parser.receive(piece.span)
            }
            #expect(last == .complete(status: status, keepsConnection: keeps))
        }
    }

    @Test(arguments: [
        ("HTTP/2 200 OK\r\n\r\n", HTTPSyntaxError.badStatusLine),
        ("HTTP/1.1 20 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nName : x\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\n folded\r\n\r\n", .foldedField),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\nX: 5\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .badTransferEncoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, x\r\n\r\n", .badTransferEncoding),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .conflictingLengths
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", .badChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .badChunk),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567812345678\r\n",
            .badChunk
        ),
    ])
    func refusesWhatIsNoResponse(text: String, fault: HTTPSyntaxError) {
        let bytes = Array(text.utf8)
        #expect(throws: fault) {
            var parser = HTTPResponseParser()
            _ = try parser.receive(bytes.span)
        }
        #expect(throws: fault) {
            var parser = HTTPResponseParser()
            for byte in bytes { _ = try parser.receive([byte].span) }
        }
    }

    @Test func refusesBytesBehindTheEnd() {
        #expect(throws: HTTPSyntaxError.excessBytes) {
            var parser = HTTPResponseParser()
            _ = try parser.receive(
                Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab".utf8).span
            )
        }
    }

    @Test func refusesALineOrAHeadWithoutEnd() {
        let line = Array(("HTTP/1.1 200 " + String(repeating: "x", count: 110_000)).utf8)
        #expect(throws: HTTPSyntaxError.lineTooLong(limit: LineCollector.byteLimit)) {
            var parser = HTTPResponseParser()
            _ = try parser.receive(line.span)
        }
        let fields = "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 80_000)
        let trailers =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
            + String(repeating: "A: b\r\n", count: 80_000)
        for text in [fields, trailers] {
            #expect(throws: HTTPSyntaxError.headTooLong) {
                var parser = HTTPResponseParser()
                _ = try parser.receive(Array(text.utf8).span)
            }
        }
    }

    @Test func keepsTheBeginningOfAnErrorsContent() throws {
        var parser = HTTPResponseParser()
        let error = "HTTP/1.1 503 No\r\nContent-Length: 6\r\n\r\nsorry!"
        for byte in error.utf8 { _ = try parser.receive([byte].span) }
        #expect(parser.errorContent == Array("sorry!".utf8))
        _ = try parser.receive(Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".utf8).span)
        #expect(parser.errorContent.isEmpty)
        let long = String(repeating: "x", count: 5_000)
        let text = "HTTP/1.1 500 No\r\nContent-Length: 5000\r\n\r\n\(long)"
        _ = try parser.receive(Array(text.utf8).span)
        #expect(parser.errorContent.count == HTTPResponseParser.errorContentLimit)
    }

    @Test func skipsContentAndNothingElse() throws {
        var parser = HTTPResponseParser()
        #expect(parser.indifferentByteCount == 0)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)
        #expect(try parser.receive(head.span) == .incomplete)
        #expect(parser.indifferentByteCount == 7)
        #expect(parser.skip(6) == .incomplete)
        #expect(parser.indifferentByteCount == 1)
        #expect(parser.skip(1) == .complete(status: 200, keepsConnection: true))
        #expect(parser.indifferentByteCount == 0)
        #expect(!parser.isInsideResponse)
    }

    @Test func takesTheEndOfTheStreamForTheEndWhereNothingElseMarksIt() throws {
        var parser = HTTPResponseParser()
        _ = try parser.receive(Array("HTTP/1.1 200 OK\r\n\r\nsome".utf8).span)
        #expect(parser.receiveEndOfStream() == .complete(status: 200, keepsConnection: false))
        var cut = HTTPResponseParser()
        _ = try cut.receive(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome".utf8).span)
        #expect(cut.receiveEndOfStream() == nil)
    }
}
