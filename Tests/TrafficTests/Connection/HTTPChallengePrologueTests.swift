import Testing

@testable import Traffic

@Suite("An authority that looks for an answer over HTTP")
struct HTTPChallengePrologueTests {
    private struct Answers: HTTPChallengeAnswers {
        func keyAuthorization(of token: String) -> String? {
            token == "a_token-1" ? "a_token-1.thumbprint" : nil
        }
    }

    /// What becomes of a request in pieces: the reply, or what is passed on.
    private static func play(_ request: String, pieceByteCount: Int) -> (
        reply: String?, passed: String
    ) {
        var prologue = HTTPChallengePrologue(Answers())
        let bytes = Array(request.utf8)
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start..<min(bytes.count, start + pieceByteCount)])
            switch prologue.receive(piece.span) {
            case .finished(let reply): return (String(decoding: reply, as: UTF8.self), "")
            case .decided(_, let replay):
                let rest = piece[replay.offset...] + bytes[(start + piece.count)...]
                return (nil, String(decoding: replay.held + rest, as: UTF8.self))
            default: start += piece.count
            }
        }
        return (nil, "")
    }

    @Test(
        "It gets the answer for a token of an order, however the request is cut",
        arguments: 1..<60
    )
    func answered(size: Int) {
        let request = "GET /.well-known/acme-challenge/a_token-1 HTTP/1.1\r\nHost: a\r\n\r\n"
        let reply = Self.play(request, pieceByteCount: size).reply
        #expect(reply?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
        #expect(reply?.hasSuffix("\r\n\r\na_token-1.thumbprint") == true)
    }

    @Test(
        "Every other request is passed on whole",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "POST /.well-known/acme-challenge/a_token-1 HTTP/1.1\r\n\r\n",
            "GET /.well-known/acme-challenge/other HTTP/1.1\r\n\r\n",
            "GET /.well-known/acme-challenge/../a_token-1 HTTP/1.1\r\n\r\n",
            "GET /.well-known/acme-challenge/a_token-1?x HTTP/1.1\r\n\r\n",
        ]
    )
    func passed(request: String) {
        for size in [1, 7, 33, 200] {
            let outcome = Self.play(request, pieceByteCount: size)
            #expect(outcome.reply == nil)
            #expect(outcome.passed == request)
        }
    }
}
