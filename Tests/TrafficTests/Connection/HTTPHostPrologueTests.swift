import Testing

@testable import Traffic

@Suite("The host that an HTTP request is for")
struct HTTPHostPrologueTests {
    private enum Outcome: Equatable {
        case passed(host: String?, bytes: String)
        case refused
        case waiting
    }

    /// What becomes of a request in pieces, with all that is passed on.
    private static func play(_ request: String, pieceByteCount: Int) -> Outcome {
        var prologue = HTTPHostPrologue()
        let bytes = Array(request.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            let end = min(bytes.count, start + pieceByteCount)
            switch prologue.receive(bytes.span.extracting(start..<end)) {
            case .decided(let finding, let replay):
                let passed = replay.held + bytes[(start + replay.offset)...]
                let text = String(decoding: passed, as: UTF8.self)
                guard case .host(let host) = finding else { return .passed(host: nil, bytes: text) }
                return .passed(host: host, bytes: text)
            case .refused: return .refused
            default: continue
            }
        }
        return .waiting
    }

    @Test(
        "It is found however the request is cut, and all is passed on but empty lines before it",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: A.gw.example.:8030\r\n\r\nbody", "a.gw.example"),
            ("GET http://b/ HTTP/1.1\r\nHost: b\r\n\r\n", "b"), ("GET / HTTP/1.0\r\n\r\n", nil),
            ("\u{16}\u{3}\u{1}\0", nil),
        ]
    )
    func host(request: String, host: String?) {
        for size in 1...request.utf8.count {
            let expected = Outcome.passed(host: host, bytes: request)
            #expect(Self.play(request, pieceByteCount: size) == expected)
            #expect(
                request.first == "\u{16}"
                    || Self.play("\r\n" + request, pieceByteCount: size) == expected
            )
        }
    }

    @Test(
        "A request that two readers could understand in two ways is refused",
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\n\r\n", "\0",
        ]
    )
    func refusal(request: String) {
        for size in [1, 100] { #expect(Self.play(request, pieceByteCount: size) == .refused) }
    }

    @Test("A client that leaves before its request was a probe")
    func probe() {
        var prologue = HTTPHostPrologue()
        let early = prologue.endOfStream()
        #expect(early == .left(isProbe: true))
        let beginning = Array("GET".utf8)
        let step = prologue.receive(beginning.span)
        #expect(step == .more())
        let late = prologue.endOfStream()
        #expect(late == .left(isProbe: false))
    }
}
