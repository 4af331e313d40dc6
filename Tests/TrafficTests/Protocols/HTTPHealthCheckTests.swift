import Testing
import Traffic

@Suite("HTTP health checks")
struct HTTPHealthCheckTests {
    private func step(_ response: String) -> HealthProbeStep {
        var check = HTTPHealthCheck(path: "/", host: "w")
        return check.receive(Array(response.utf8))
    }

    @Test("The request is a GET that ends the connection")
    func request() {
        let check = HTTPHealthCheck(path: "/api/health", host: "w:8030")
        let text = String(decoding: check.request, as: UTF8.self)
        #expect(text.hasPrefix("GET /api/health HTTP/1.1\r\nHost: w:8030\r\n"))
        #expect(text.hasSuffix("\r\nConnection: close\r\n\r\n"))
    }

    @Test("No path or host can smuggle a second line into the request")
    func injection() {
        let check = HTTPHealthCheck(path: "a b\r\nX: y\u{7f}ü", host: "w\r\nX: y")
        let lines = String(decoding: check.request, as: UTF8.self).split(separator: "\r\n")
        #expect(lines[0] == "GET /a%20b%0D%0AX:%20y%7F%C3%BC HTTP/1.1")
        #expect(lines[1] == "Host: wX:y")
        #expect(lines.count == 5)
    }

    @Test("Any status below 500 is healthy", arguments: [200, 204, 307, 401, 404, 499])
    func healthy(status: Int) {
        #expect(step("HTTP/1.1 \(status) Words\r\n") == .healthy(farewell: []))
    }

    @Test("A status from 500 on is unhealthy, and named", arguments: [500, 503, 999])
    func unhealthy(status: Int) {
        #expect(step("HTTP/1.1 \(status)\r\n") == .unhealthy(reason: "HTTP status \(status)"))
    }

    @Test("A status line that comes byte by byte is waited for")
    func pieces() {
        var check = HTTPHealthCheck(path: "/", host: "w")
        let line = Array("HTTP/1.0 200 OK\r\n".utf8)
        for byte in line.dropLast() { #expect(check.receive([byte]) == .wait) }
        #expect(check.receive(line.suffix(1)) == .healthy(farewell: []))
    }

    @Test(
        "Anything but a status line is unhealthy",
        arguments: [
            "SSH-2.0-x\r\n", "\n", "HTTP/1.1\r\n", "HTTP/1.1 2000 x\r\n", "HTTP/1.1 -50 x\n",
        ]
    )
    func noStatusLine(text: String) {
        #expect(step(text) == .unhealthy(reason: "sent no HTTP status line"))
    }

    @Test("An endless line is abandoned at 1024 bytes")
    func endless() {
        var check = HTTPHealthCheck(path: "/", host: "w")
        #expect(check.receive([UInt8](repeating: 65, count: 1023)) == .wait)
        #expect(check.receive([65]) == .unhealthy(reason: "sent no HTTP status line"))
    }

    @Test("A server that closes without a response is unhealthy")
    func endOfStream() {
        let reason = "closed the connection before its HTTP status line"
        #expect(
            HTTPHealthCheck(path: "/", host: "w").receiveEndOfStream()
                == .unhealthy(reason: reason)
        )
    }

    @Test("After a PROXY header, status 400 means that the server mistook it for the request")
    func refusedHeader() {
        func verdict(_ text: String) -> HealthProbeStep {
            var check = HTTPHealthCheck(path: "/", host: "w", sendsProxyHeader: true)
            return check.receive(Array(text.utf8))
        }
        guard case .unhealthy(let reason) = verdict("HTTP/1.1 400 Bad Request\r\n") else {
            Issue.record("healthy")
            return
        }
        #expect(reason.hasPrefix("rejects the PROXY header (HTTP status 400): set send"))
        #expect(verdict("HTTP/1.1 404 Not Found\r\n") == .healthy(farewell: []))
    }
}
