import MySQLProtocol
import Policy
import Testing
import Traffic

@Suite("Clients that speak the protocol of another port")
struct ForeignProtocolTests {
    private func step(_ text: String, at service: ServiceProtocol = .mysql) -> PrologueStep {
        var guardian = ForgedHeaderGuard(of: service)
        let bytes = Array(text.utf8)
        return guardian.receive(bytes.span)
    }

    @Test(
        "An HTTP request at a MySQL port is refused, and the detail names the mistake",
        arguments: [
            "GET / HTTP/1.1\r\n", "PUT /api/db/t/_stream_load HTTP/1.1\r\n", "POST /x", "HEAD /",
            "OPTIONS * HTTP/1.1\r\n", "DELETE /x", "GET http://db:9030/ HTTP/1.1\r\n",
        ]
    )
    func http(text: String) {
        #expect(step(text) == .refused(.badLogin, detail: "HTTP spoken to the MySQL port"))
        #expect(step(text, at: .http) == .decided(nil, replay: Replay()))
        #expect(step(text, at: .tcp) == .decided(nil, replay: Replay()))
    }

    @Test(
        "Other bytes are not HTTP",
        arguments: ["get / HTTP", "GET", "GET ", "GO /", "GETTINGLONG /x", "GET x", "\u{1}\u{2}"]
    )
    func others(text: String) {
        #expect(step(text) == .decided(nil, replay: Replay()))
    }

    @Test("No login of a MySQL client is HTTP, whatever its length")
    func logins() {
        for first in [71, 80] as [UInt8] {
            let packet = [first, 69, 84, 1] + Array("/ HTTP/1.1".utf8)
            var guardian = ForgedHeaderGuard(of: .mysql)
            #expect(guardian.receive(packet.span) == .decided(nil, replay: Replay()))
        }
    }

    @Test("A header of the client's own is still refused as such")
    func forged() {
        #expect(step("PROXY TCP4 ") == .refused(.unexpectedProxyHeader, detail: ""))
    }

    @Test("A MySQL login at an HTTP port is refused, and the detail names the mistake")
    func mysql() {
        var payload: [UInt8] = [0x85, 0xa6, 0xff, 0x01, 0, 0, 0, 1, 33]
        payload += Array(repeating: 0, count: 23) + Array("root\0\0".utf8)
        let packet = MySQLPacket(sequence: 1, payload: payload).bytes
        var prologue = HTTPRequestPrologue()
        guard case .refused(.malformedRequest, let detail) = prologue.receive(packet.span) else {
            Issue.record("not refused")
            return
        }
        #expect(detail == "MySQL spoken to the HTTP port")
    }

    @Test("A client that waits for a greeting at an HTTP port is named so")
    func silence() {
        let words = "the client sent nothing: a MySQL client waits for the server's greeting"
        var reading = HTTPRequestPrologue()
        let silent = PrologueStep.denied(.malformedRequest, detail: words, words: [])
        #expect(reading.deadlinePassed() == silent)
        var naming = HTTPHostPrologue()
        #expect(naming.deadlinePassed() == .refused(.noRoute, detail: words))
    }
}
