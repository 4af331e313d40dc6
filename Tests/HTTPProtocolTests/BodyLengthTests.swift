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

    /// The error that the chunks in `text` are refused for, in pieces of `pieceByteCount` bytes.
    private func error(of text: String, pieceByteCount: Int) -> HTTPSyntaxError? {
        var body = BodyLength.chunked
        let bytes = Array(text.utf8)
        do throws(HTTPSyntaxError) {
            for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
                let end = min(start + pieceByteCount, bytes.count)
                _ = try body.receive(bytes.span.extracting(start..<end))
            }
            return nil
        } catch {
            return error
        }
    }

    @Test("Ambiguous chunks are rejected", arguments: malformed)
    func rejection(text: String, expected: HTTPSyntaxError) {
        for size in [1, 2, 5, 100_000] {
            #expect(error(of: text, pieceByteCount: size) == expected, "by \(size)")
        }
    }

    private static let malformed: [(String, HTTPSyntaxError)] = [
        // Sizes.
        ("x\r\n", .badChunk), ("\r\n", .badChunk), (";a\r\n", .badChunk), (" 5\r\n", .badChunk),
        ("-1\r\n", .badChunk), ("+1\r\n", .badChunk), ("0x5\r\n", .badChunk),
        ("5 5\r\n", .badChunk),
        ("5_0\r\n", .badChunk), ("5 \r\n", .badChunk), ("5\t\r\n", .badChunk),
        ("5,\r\n", .badChunk),
        ("5.0\r\n", .badChunk), ("5h\r\n", .badChunk), ("\u{664}\r\n", .badChunk),
        ("5\0\r\n", .badChunk), ("0000000000000005\r\n", .badChunk),
        ("ffffffffffffffff\r\n", .badChunk), ("10000000000000000\r\n", .badChunk),
        // Line ends.
        ("5\nhello\r\n", .bareLineFeed), ("5\rhello\r\n", .bareCarriageReturn),
        ("5\r\nhello\n0\r\n\r\n", .bareLineFeed), ("5\r\nhello\r0\r\n\r\n", .bareCarriageReturn),
        ("5\r\nhelloX\r\n", .badChunk), ("5\r\nhelloXX0\r\n\r\n", .badChunk),
        ("5\r\nhello0\r\n\r\n", .badChunk), ("5\r\r\nhello", .bareCarriageReturn),
        ("0\r\n\n", .bareLineFeed), ("0\r\n\rX", .bareCarriageReturn), ("0\n\r\n", .bareLineFeed),
        // Extensions: a line end that only some readers see.
        ("5;\nhello\r\n", .bareLineFeed), ("5;a\nb\r\nhello\r\n", .bareLineFeed),
        ("5;a\rb\r\nhello\r\n", .bareCarriageReturn), ("5;a=\"b\r\nc\"\r\n", .badChunk),
        ("5;a=\"b\nc\"\r\n", .bareLineFeed), ("5;a=\"\\\"\r\n", .badChunk),
        ("5;\0\r\n", .badChunk), ("5;\u{7f}\r\n", .badChunk), ("5;\u{b}\r\n", .badChunk),
        ("5;\(String(repeating: "a", count: 4_097))\r\n", .badChunk),
        // Trailers.
        ("0\r\nX\r\n\r\n", .badField), ("0\r\n: a\r\n\r\n", .badField),
        ("0\r\nX : a\r\n\r\n", .badField), ("0\r\n X: a\r\n\r\n", .foldedField),
        ("0\r\nX: a\r\n b\r\n\r\n", .foldedField), ("0\r\nX: a\n\r\n", .bareLineFeed),
        ("0\r\nX: a\rb\r\n\r\n", .bareCarriageReturn), ("0\r\nX: a\0\r\n\r\n", .badValue),
        ("0\r\nGET / HTTP/1.1\r\n", .badField), ("0\r\ncontent-LENGTH: 5\r\n\r\n", .badTrailer),
        ("0\r\nT: 1\r\nTransfer-Encoding:x\r\n\r\n", .badTrailer),
        ("0\r\nhost:\r\n\r\n", .badTrailer),
        ("0\r\n\(String(repeating: "X: y\r\n", count: 11_000))", .headTooLong),
    ]

    @Test(
        "Extensions and trailers pass",
        arguments: [
            "5;\r\nhello\r\n0;\r\n\r\n", "5;a;b=c;d=\"e;\\\"f\"\r\nhello\r\n00\r\n\r\n",
            "5; \t a = b\r\nhello\r\n0\r\nT:\r\nU: \u{e4} v\r\n\r\n",
            "0\r\nhosts: a\r\nhos: b\r\nx-host: c\r\nContent-Length-x: 1\r\nh: 1\r\n\r\n",
            "000000000000005\r\nhello\r\n000000000000000\r\n\r\n",
        ]
    )
    func wellFormed(text: String) throws {
        for cut in 0...text.utf8.count {
            #expect(try length(of: text + "x", as: .chunked, cutAt: cut) == text.utf8.count)
        }
    }
}
