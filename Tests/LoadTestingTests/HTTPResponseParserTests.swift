import Testing

@testable import LoadTesting

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
    ]

    @Test(arguments: responses.indices)
    func findsTheEndOfAResponseInPiecesOfAnySize(index: Int) throws {
        let (text, status, keeps) = Self.responses[index]
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
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
        ("HTTP/2 200 OK\r\n\r\n", HTTPFault.badStatusLine),
        ("HTTP/1.1 20 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 200 OK\n\r\n", .bareLineFeed),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nName : x\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\n folded\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .badTransferEncoding),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .badTransferEncoding
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", .badChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .badChunk),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567812345678\r\n",
            .badChunk
        ),
    ])
    func refusesWhatIsNoResponse(text: String, fault: HTTPFault) {
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
        #expect(throws: HTTPFault.excessBytes) {
            var parser = HTTPResponseParser()
            _ = try parser.receive(
                Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab".utf8).span
            )
        }
    }

    @Test func refusesALineOrAHeadWithoutEnd() {
        let line = Array(("HTTP/1.1 200 " + String(repeating: "x", count: 9_000)).utf8)
        #expect(throws: HTTPFault.lineTooLong) {
            var parser = HTTPResponseParser()
            _ = try parser.receive(line.span)
        }
        let fields = "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 200)
        #expect(throws: HTTPFault.tooManyFields) {
            var parser = HTTPResponseParser()
            _ = try parser.receive(Array(fields.utf8).span)
        }
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
