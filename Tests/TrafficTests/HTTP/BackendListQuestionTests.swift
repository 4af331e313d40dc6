import Testing
import Traffic

@Suite("The question for a front end's backends")
struct BackendListQuestionTests {
    private static func question() -> BackendListQuestion {
        BackendListQuestion(host: "fe-1:8030", user: "check", password: Array("p:ä\"".utf8))
    }

    private static let content = #"{"data":{"backends":[{"ip":"10.0.0.7","http_port":8040}]}}"#

    @Test("It is a request of HTTP/1.0 with the user's credentials")
    func request() {
        guard case .send(let bytes) = Self.question().opening else {
            Issue.record("nothing is sent")
            return
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == """
                GET /api/backends?is_alive=true HTTP/1.0\r
                Host: fe-1:8030\r
                Authorization: Basic Y2hlY2s6cDrDpCI=\r
                User-Agent: sluice\r
                Accept: application/json\r
                Connection: close\r
                \r

                """
        )
    }

    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)",
        "HTTP/1.0 200 OK\r\n\r\n\(content)",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\nConnection: close\r\n\r\n\(content)",
    ]

    @Test("An answer is read in one piece and byte by byte", arguments: answers, [1, 7, 10_000])
    func answered(answer: String, size: Int) {
        var question = Self.question()
        var step = HealthProbeStep.wait
        let bytes = Array(answer.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            #expect(step == .wait)
            step = question.receive(piece.span)
        }
        if step == .wait { step = question.receiveEndOfStream() }
        #expect(step == .healthy(farewell: []))
        #expect(question.servers?.places.map(\.description) == ["10.0.0.7:8040"])
    }

    private static let failures = [
        (
            String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 33),
            "sent interim answers only"
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\n\r\n",
            "the front end does not let the user in: no such user, or another password (401)"
        ),
        (
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: https://fe-1:8050/\r\n\r\n",
            "HTTP status 307"
        ),
        ("HTTP/1.1 500 Error\r\n\r\n", "HTTP status 500"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "sent chunks to HTTP/1.0"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
            "closed the connection before its answer's end"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "the answer has no \"backends\""),
        ("", "closed the connection before its answer's end"),
        ("HTTP/1.1 200 OK\r\n", "closed the connection before its answer's end"),
    ]

    @Test("Why there is no list", arguments: failures)
    func failed(answer: String, reason: String) {
        var question = Self.question()
        let bytes = Array(answer.utf8)
        var step = question.receive(bytes.span)
        if step == .wait { step = question.receiveEndOfStream() }
        #expect(step == .unhealthy(reason: reason))
    }

    @Test("Another protocol is not HTTP")
    func mysql() {
        var question = Self.question()
        let bytes = Array("J\0\0\0\u{0a}5.7.99\0".utf8)
        guard case .unhealthy(let reason) = question.receive(bytes.span) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.hasPrefix("sent no valid HTTP answer"))
    }

    @Test("An endless answer is refused")
    func endless() {
        var question = Self.question()
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        #expect(question.receive(head.span) == .wait)
        let piece = [UInt8](repeating: UInt8(ascii: " "), count: 65_536)
        for _ in 0..<16 { #expect(question.receive(piece.span) == .wait) }
        #expect(question.receive(piece.span) == .unhealthy(reason: "sent more than 1048576 bytes"))
    }
}
