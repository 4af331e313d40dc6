import Policy
import Testing

@testable import Traffic

/// The first bytes of a client that may begin with TLS.
@Suite("The first bytes of a TLS client")
struct TLSPrologueTests {
    /// As a listener stacks them.
    private static func firstBytes(isRequired: Bool = true) -> FirstBytes {
        FirstBytes([TLSPrologue(isRequired: isRequired), ForgedHeaderGuard()])
    }

    @Test("A silent client is refused at its deadline")
    func silence() {
        var firstBytes = Self.firstBytes()
        var introduction = Introduction()
        guard
            case .refused(.tlsHandshakeTimeout, _) = firstBytes.deadlinePassed(
                introducing: &introduction
            )
        else {
            Issue.record("it is still awaited")
            return
        }
    }

    @Test("A client that leaves without a byte is a probe")
    func probe() {
        var firstBytes = Self.firstBytes()
        var introduction = Introduction()
        let step = firstBytes.endOfStream(introducing: &introduction)
        #expect(step == .left(isProbe: true))
    }

    @Test("What could become a PROXY header is not TLS")
    func header() {
        var firstBytes = Self.firstBytes()
        var introduction = Introduction()
        let bytes: [UInt8] = [0x0D, 0x0A]
        guard
            case .refused(.tlsRequired, _) = firstBytes.receive(
                bytes.span,
                introducing: &introduction
            )
        else {
            Issue.record("it is not refused")
            return
        }
    }

    @Test("A ClientHello begins a handshake with all its bytes; others pass if TLS is only offered")
    func hello() {
        let bytes: [UInt8] = [22, 3, 1, 0, 200]
        for isRequired in [false, true] {
            var firstBytes = Self.firstBytes(isRequired: isRequired)
            var introduction = Introduction()
            let step = firstBytes.receive(bytes.span, introducing: &introduction)
            #expect(step == .startTLS(bytes))
        }
        var firstBytes = Self.firstBytes(isRequired: false)
        var introduction = Introduction()
        let plain = Array("GET".utf8)
        guard case .passed = firstBytes.receive(plain.span, introducing: &introduction) else {
            Issue.record("plain bytes do not pass")
            return
        }
    }

    @Test("Where TLS passes through, its name counts, and a plain request's host")
    func passedThrough() {
        let request = Array("GET / HTTP/1.1\r\nHost: b.gw.example\r\n\r\n".utf8)
        let expected: [([UInt8], RouteMatch)] = [
            (ClientHelloReaderTests.goodRecords, .serverName("a.gw.example")),
            (request, .host("b.gw.example")),
        ]
        for (bytes, match) in expected {
            for cut in 1..<bytes.count {
                var firstBytes = FirstBytes([ClientHelloPrologue(), HTTPHostPrologue()])
                var introduction = Introduction()
                let (start, end) = (Array(bytes[..<cut]), Array(bytes[cut...]))
                let first = firstBytes.receive(start.span, introducing: &introduction)
                #expect(first == .more(reply: []))
                let last = firstBytes.receive(end.span, introducing: &introduction)
                guard case .passed(let replay) = last else {
                    Issue.record("\(last), cut at \(cut)")
                    return
                }
                #expect(replay.held + end[replay.offset...] == bytes)
                #expect(introduction.matches == [match])
            }
        }
    }
}
