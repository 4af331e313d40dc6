import HTTPProtocol
import Testing

/// What RFC 9112 forbids, and what attackers have used to make two readers find different requests in
/// the same bytes.
@Suite("Requests that are refused")
struct MalformedRequestTests {
    typealias Case = (text: String, error: HTTPSyntaxError)

    /// Each case is malformed for exactly one reason, in pieces of any size.
    private func expectRefusal(_ refused: Case) {
        for size in [1, 2, 7, .max] {
            #expect(throws: refused.error, "\(refused.text.debugDescription) by \(size)") {
                _ = try requestHead(refused.text, pieceByteCount: size)
            }
        }
    }

    @Test("A request line has three parts, one space between them", arguments: requestLines)
    func requestLine(refused: Case) {
        expectRefusal((refused.text + "Host: a\r\n\r\n", refused.error))
    }

    private static let requestLines: [Case] = [
        // HTTP/0.9, and lines that lack a part.
        ("GET /\r\n", .badRequestLine), ("GET\r\n", .badMethod), ("GET \r\n", .badRequestLine),
        ("GET / \r\n", .badRequestLine), ("GET HTTP/1.1\r\n", .badRequestLine),
        ("GET  / HTTP/1.1\r\n", .badRequestLine), ("GET /  HTTP/1.1\r\n", .badRequestLine),
        ("GET / HTTP/1.1 \r\n", .badRequestLine), ("GET / x HTTP/1.1\r\n", .badRequestLine),
        ("GET\t/ HTTP/1.1\r\n", .badMethod), ("GET /\tHTTP/1.1\r\n", .badTarget),
        (" GET / HTTP/1.1\r\n", .badMethod), ("\tGET / HTTP/1.1\r\n", .badMethod),
        // Versions: the preface of HTTP/2 among them.
        ("PRI * HTTP/2.0\r\n", .unsupportedVersion), ("GET / HTTP/2\r\n", .unsupportedVersion),
        ("GET / HTTP/1.2\r\n", .unsupportedVersion), ("GET / HTTP/0.9\r\n", .unsupportedVersion),
        ("GET / HTTP/01.1\r\n", .unsupportedVersion), ("GET / HTTP/1.10\r\n", .unsupportedVersion),
        ("GET / HTTP/1,1\r\n", .unsupportedVersion), ("GET / http/1.1\r\n", .unsupportedVersion),
        ("GET / HTTP 1.1\r\n", .badRequestLine), ("GET / ICY/1.1\r\n", .badRequestLine),
        ("GET / HTTP/1.1\u{b}\r\n", .unsupportedVersion),
        // Methods.
        ("G(T / HTTP/1.1\r\n", .badMethod), ("\u{1}GET / HTTP/1.1\r\n", .badMethod),
        ("G\u{e4}T / HTTP/1.1\r\n", .badMethod), ("\u{16}\u{3}\u{1}", .badMethod),
        ("GET\0 / HTTP/1.1\r\n", .badMethod), ("\"GET\" / HTTP/1.1\r\n", .badMethod),
        ("\(String(repeating: "M", count: 33)) / HTTP/1.1\r\n", .badMethod),
        ("CONNECT a:443 HTTP/1.1\r\n", .unsupportedMethod),
        // Targets.
        ("GET /a#b HTTP/1.1\r\n", .badTarget), ("GET a HTTP/1.1\r\n", .badTarget),
        ("GET * HTTP/1.1\r\n", .badTarget), ("OPTIONS ** HTTP/1.1\r\n", .badTarget),
        ("GET /\0 HTTP/1.1\r\n", .badTarget), ("GET /\u{7f} HTTP/1.1\r\n", .badTarget),
        ("GET /\u{b}x HTTP/1.1\r\n", .badTarget), ("GET ftp://a/ HTTP/1.1\r\n", .badTarget),
        ("GET ?a HTTP/1.1\r\n", .badTarget), ("GET a:80 HTTP/1.1\r\n", .badTarget),
        ("GET http:a HTTP/1.1\r\n", .badTarget), ("GET http:/a HTTP/1.1\r\n", .badTarget),
        ("GET http:// HTTP/1.1\r\n", .badHost), ("GET http:///x HTTP/1.1\r\n", .badHost),
        ("GET http://u@a/ HTTP/1.1\r\n", .badHost), ("GET http://a:x/ HTTP/1.1\r\n", .badHost),
        ("GET http://\u{e4}/ HTTP/1.1\r\n", .badHost), ("GET http://a\\b/ HTTP/1.1\r\n", .badHost),
    ]

    @Test("Only CR LF ends a line", arguments: lineEnds)
    func lineEnd(refused: Case) { expectRefusal(refused) }

    private static let lineEnds: [Case] = [
        ("GET / HTTP/1.1\nHost: a\n\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        ("\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        ("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", .badField),
        ("GET / HTTP/1.1\r\nX: a\n\rTransfer-Encoding: chunked\r\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nX: a\0\r\n\r\n", .badValue),
        ("GET / HTTP/1.1\r\nX: a\u{b}\r\n\r\n", .badValue),
        ("GET / HTTP/1.1\r\nX: a\u{c}b\r\n\r\n", .badValue),
        ("GET / HTTP/1.1\r\nX: \u{8}\r\n\r\n", .badValue),
        ("GET / HTTP/1.1\r\nX: \u{7f}\r\n\r\n", .badValue),
        ("GET / HTTP/1.1\r\nX: \u{1b}[31m\r\n\r\n", .badValue),
    ]

    @Test("A field is a token, a colon, and a value on the same line", arguments: fields)
    func field(refused: Case) {
        expectRefusal(("GET / HTTP/1.1\r\nHost: a\r\n\(refused.text)\r\n\r\n", refused.error))
    }

    private static let fields: [Case] = [
        ("X", .badField), (": a", .badField), ("X : a", .badField), ("X\t: a", .badField),
        ("X\u{b}: a", .badField), ("X\0: a", .badField), ("X Y: a", .badField),
        ("X(Y): a", .badField), ("\"X\": a", .badField), ("X[]: a", .badField),
        ("X\u{e4}: a", .badField), ("\u{feff}X: a", .badField), ("X;: a", .badField),
        ("X,Y: a", .badField), ("X@: a", .badField), ("{X}: a", .badField),
        ("X: a\r\n b", .foldedField), ("X: a\r\n\tb", .foldedField), ("X: a\r\n : b", .foldedField),
        ("X: a\r\n ", .foldedField),
    ]

    @Test("White space does not precede the first field", arguments: [" X: a", "\tX: a", " "])
    func spaceFirst(line: String) {
        expectRefusal(("GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n", .foldedField))
    }

    @Test("Host is one host with an optional port", arguments: hosts)
    func host(refused: Case) {
        expectRefusal(("GET / HTTP/1.1\r\n\(refused.text)\r\n\r\n", refused.error))
    }

    private static let hosts: [Case] = [
        ("X: a", .missingHost), ("Host: a\r\nHost: b", .duplicateHost),
        ("Host: a\r\nHost: a", .duplicateHost), ("Host: a\r\nhOST:", .duplicateHost),
        ("Host:\r\nHost: a", .duplicateHost), ("Host: a b", .badHost), ("Host: a,b", .badHost),
        ("Host: a/b", .badHost), ("Host: u@a", .badHost), ("Host: a:80:90", .badHost),
        ("Host: a:x", .badHost), ("Host: a:-1", .badHost), ("Host: a:65536", .badHost),
        ("Host: a:80 ,b", .badHost), ("Host: a#b", .badHost), ("Host: a?b", .badHost),
        ("Host: a\\b", .badHost), ("Host: a%2e", .badHost), ("Host: \u{e4}", .badHost),
        ("Host: .", .badHost), ("Host: :80", .badHost), ("Host: ::1", .badHost),
        ("Host: [::1", .badHost), ("Host: [::1]x", .badHost), ("Host: [::1%25eth0]", .badHost),
        ("Host: []", .badHost), ("Host: [v1.x]", .badHost), ("Host: <a>", .badHost),
        ("Host: \"a\"", .badHost), ("Host: \(String(repeating: "a", count: 256))", .badHost),
    ]

    @Test("A target in absolute form is for the host in Host", arguments: absoluteTargets)
    func absoluteTarget(refused: Case) {
        expectRefusal(("GET \(refused.text)\r\n\r\n", refused.error))
    }

    private static let absoluteTargets: [Case] = [
        ("http://a/ HTTP/1.1\r\nHost: b", .hostMismatch),
        ("http://a HTTP/1.1\r\nHost: aa", .hostMismatch),
        ("http://a:81/ HTTP/1.1\r\nHost: a", .hostMismatch),
        ("http://a/ HTTP/1.1\r\nHost: a:443", .hostMismatch),
        ("https://a/ HTTP/1.1\r\nHost: a:80", .hostMismatch),
        ("http://a/ HTTP/1.1\r\nHost:", .hostMismatch), ("http://a/ HTTP/1.1", .missingHost),
        ("http://a/ HTTP/1.1\r\nHost: a.", .hostMismatch),
        ("http://a/ HTTP/1.0\r\nHost: b", .hostMismatch),
        ("http://a?x@b HTTP/1.1\r\nHost: b", .hostMismatch),
    ]

    @Test("The body has one length", arguments: lengths)
    func length(refused: Case) {
        expectRefusal(
            ("POST / HTTP/1.1\r\nHost: a\r\n\(refused.text)\r\n\r\n0\r\n\r\n", refused.error)
        )
    }

    private static let lengths: [Case] = [
        // CL.TE and TE.CL.
        ("Content-Length: 6\r\nTransfer-Encoding: chunked", .conflictingLengths),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4", .conflictingLengths),
        ("Content-Length: 0\r\nTransfer-Encoding: chunked", .conflictingLengths),
        ("content-length: 6\r\ntRANSFER-eNCODING: CHUNKED", .conflictingLengths),
        // Content-Length.
        ("Content-Length: 5\r\nContent-Length: 6", .badContentLength),
        ("Content-Length: 5\r\nContent-Length: 5", .badContentLength),
        ("Content-Length: 5\r\nContent-Length:", .badContentLength),
        ("Content-Length: 5, 5", .badContentLength), ("Content-Length: 5,6", .badContentLength),
        ("Content-Length:", .badContentLength), ("Content-Length: +5", .badContentLength),
        ("Content-Length: -5", .badContentLength), ("Content-Length: -0", .badContentLength),
        ("Content-Length: 0x5", .badContentLength), ("Content-Length: 5 5", .badContentLength),
        ("Content-Length: 5\t5", .badContentLength), ("Content-Length: 1_000", .badContentLength),
        ("Content-Length: 1e3", .badContentLength), ("Content-Length: 5.0", .badContentLength),
        ("Content-Length: \"5\"", .badContentLength), ("Content-Length: 5;", .badContentLength),
        ("Content-Length: \u{663}", .badContentLength), ("Content-Length: a", .badContentLength),
        ("Content-Length: 1234567890123456789", .badContentLength),
        ("Content-Length: 18446744073709551621", .badContentLength),
        ("Content-Length: 5\u{b}", .badValue), ("Content-Length : 5", .badField),
        ("Content-Length: 5\r\n 6", .foldedField),
        ("Content-Length:\t5", .badContentLength), ("Content-Length: 5\t", .badContentLength),
        ("Transfer-Encoding:\tchunked", .badTransferEncoding),
        ("Transfer-Encoding: chunked\t", .badTransferEncoding),
        // TE.TE: a coding that one of two readers takes for chunked.
        ("Transfer-Encoding: xchunked", .badTransferEncoding),
        ("Transfer-Encoding: chunkedx", .badTransferEncoding),
        ("Transfer-Encoding: chunked, identity", .badTransferEncoding),
        ("Transfer-Encoding: identity, chunked", .badTransferEncoding),
        ("Transfer-Encoding: chunked,chunked", .badTransferEncoding),
        ("Transfer-Encoding: chunked,", .badTransferEncoding),
        ("Transfer-Encoding: ,chunked", .badTransferEncoding),
        ("Transfer-Encoding: gzip, chunked", .badTransferEncoding),
        ("Transfer-Encoding: identity", .badTransferEncoding),
        ("Transfer-Encoding: gzip", .badTransferEncoding),
        ("Transfer-Encoding: cow", .badTransferEncoding),
        ("Transfer-Encoding:", .badTransferEncoding),
        ("Transfer-Encoding: \"chunked\"", .badTransferEncoding),
        ("Transfer-Encoding: 'chunked'", .badTransferEncoding),
        ("Transfer-Encoding: chunked;q=1", .badTransferEncoding),
        ("Transfer-Encoding: chunked foo", .badTransferEncoding),
        ("Transfer-Encoding: chun\u{212a}ed", .badTransferEncoding),
        ("Transfer-Encoding: chunked\u{a0}", .badTransferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .badTransferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", .badTransferEncoding),
        ("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", .badTransferEncoding),
        ("Transfer-Encoding: \u{b}chunked", .badValue), ("Transfer-Encoding: chunked\0", .badValue),
        ("Transfer-Encoding : chunked", .badField), ("Transfer-Encoding\t: chunked", .badField),
        ("Transfer-Encoding\u{b}: chunked", .badField),
        ("\u{0}Transfer-Encoding: chunked", .badField),
        (" Transfer-Encoding: chunked", .foldedField),
        ("Transfer-Encoding:\r\n chunked", .badTransferEncoding),
        ("X: y\rTransfer-Encoding: chunked", .bareCarriageReturn),
        ("X: y\nTransfer-Encoding: chunked", .bareLineFeed),
    ]

    @Test("HTTP/1.0 has no chunks")
    func oldChunks() {
        let text = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        expectRefusal((text, .badTransferEncoding))
    }

    @Test("A head, a target, the fields and the connection options have limits")
    func limits() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        expectRefusal((start + "X: \(String(repeating: "y", count: 70_000))\r\n\r\n", .headTooLong))
        expectRefusal((String(repeating: "\r\n", count: 40_000), .headTooLong))
        expectRefusal((start + String(repeating: "a:\r\n", count: 1_000), .tooManyFields))
        let target = Array("GET /\(String(repeating: "x", count: 65_536)) HTTP/1.1\r\n\r\n".utf8)
        #expect(throws: HTTPSyntaxError.targetTooLong) {
            var reader = HTTPRequestReader(byteLimit: 100_000)
            _ = try reader.receive(target.span)
        }
        let options = (0..<17).map { "x\($0)" }.joined(separator: ",")
        expectRefusal((start + "Connection: \(options)\r\n\r\n", .tooManyOptions))
    }
}
