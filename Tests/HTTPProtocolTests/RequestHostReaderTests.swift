import HTTPProtocol
import Testing

@Suite("The host that an HTTP request is for")
struct RequestHostReaderTests {
    private static func read(_ text: String, pieceByteCount: Int = .max)
        -> RequestHostReader.Progress
    {
        var reader = RequestHostReader()
        let bytes = Array(text.utf8)
        var progress = RequestHostReader.Progress.incomplete
        var start = 0
        while start < bytes.count, progress == .incomplete {
            let end =
                pieceByteCount < bytes.count
                ? min(bytes.count, start + pieceByteCount) : bytes.count
            let piece = Array(bytes[start..<end])
            progress = reader.receive(piece.span)
            start = end
        }
        return progress
    }

    @Test(
        "It is the Host field's without port and final dot, or that of an absolute target",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: A.GW.example\r\n\r\n", "a.gw.example"),
            (
                "GET / HTTP/1.1\r\nAccept: */*\r\nhost:a.gw.example:8030 \r\n\r\nbody",
                "a.gw.example"
            ),
            ("\r\nPUT /x HTTP/1.1\r\nHost: a.gw.example.\r\n\r\n", "a.gw.example"),
            ("GET http://b.gw.example:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "b.gw.example"),
            ("GET https://u@b.gw.example HTTP/1.1\r\nHost: a\r\n\r\n", "b.gw.example"),
            ("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "[2001:db8::1]:80"),
        ]
    )
    func hosts(request: String, host: String) {
        for piece in [1, 3, .max] {
            #expect(Self.read(request, pieceByteCount: piece) == .complete(host: host))
        }
    }

    @Test("A request without a host has none")
    func none() {
        #expect(Self.read("GET / HTTP/1.0\r\n\r\n") == .complete(host: nil))
        #expect(Self.read("GET / HTTP/1.1\r\nHost:\r\n\r\n") == .complete(host: nil))
    }

    @Test(
        "What two readers could understand in two ways is malformed",
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nX: 1\r\n Host: a\r\n\r\n",
            "GET /\r\nHost: a\r\n\r\n", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "\u{16}\u{3}\u{1}\r\n",
        ]
    )
    func malformed(request: String) {
        guard case .malformed = Self.read(request) else {
            Issue.record("accepted \(request)")
            return
        }
    }

    @Test("A head beyond the limit is malformed, whether it has lines or not")
    func limit() {
        let fields = String(repeating: "X: y\r\n", count: RequestHostReader.byteLimit / 6)
        for text in ["GET / HTTP/1.1\r\n\(fields)", String(repeating: "a", count: 70_000)] {
            guard case .malformed = Self.read(text, pieceByteCount: 1_000) else {
                Issue.record("accepted \(text.utf8.count) bytes")
                continue
            }
        }
    }
}
