import HTTPProtocol
import Testing

@Suite("Where a body ends in a stream that continues")
struct BodyLengthTests {
    private static let chunks =
        "5;a=b\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nT: 1\r\n\r\n"
    private static let next = "GET / HTTP/1.1\r\n"

    /// Shows `text` in two pieces, and returns how much of it belongs to the body.
    private func length(of text: String, as body: BodyLength, cutAt cut: Int) throws -> Int {
        var body = body
        var total = 0
        let bytes = Array(text.utf8)
        for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty && !body.isComplete {
            let piece = Array(piece)
            let count = try body.receive(piece.span)
            total += count
            #expect(count == piece.count || body.isComplete)
        }
        #expect(body.isComplete)
        return total
    }

    @Test("A body ends at its last byte, wherever it is cut")
    func cuts() throws {
        for (text, body) in [(Self.chunks, BodyLength.chunked), ("hello", .bytes(5))] {
            for cut in 0...(text + Self.next).utf8.count {
                let count = try length(of: text + Self.next, as: body, cutAt: cut)
                #expect(count == text.utf8.count, "cut at \(cut)")
            }
        }
    }

    @Test("Bytes that certainly belong to it pass without inspection")
    func unseen() throws {
        var body = BodyLength.chunked
        let head = Array("1000\r\n".utf8)
        let headCount = try body.receive(head.span)
        #expect(headCount == head.count)
        #expect(body.certainByteCount == 0x1000)
        body.skip(0x0fff)
        #expect(body.certainByteCount == 1)
        let rest = Array("x\r\n0\r\n\r\n".utf8)
        let restCount = try body.receive(rest.span)
        #expect(restCount == rest.count)
        #expect(body.isComplete && body.certainByteCount == 0)
        var counted = BodyLength.bytes(7)
        counted.skip(7)
        #expect(counted.isComplete && BodyLength.bytes(0).isComplete)
    }

    @Test(
        "Ambiguous chunks are rejected",
        arguments: [
            "5\nhello\r\n", "5\r\nhello\n0\r\n\r\n", "x\r\n", "-1\r\n", "5 5\r\n",
            "5\r\nhelloX\r\n",
        ]
    )
    func malformed(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: HTTPSyntaxError.self) {
            var body = BodyLength.chunked
            _ = try body.receive(bytes.span)
        }
    }
}
