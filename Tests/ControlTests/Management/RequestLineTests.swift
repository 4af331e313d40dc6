import Testing

@testable import Control

@Suite("A request line with an unknown method")
struct RequestLineTests {
    private func verdict(_ text: String) -> RequestLine.Verdict {
        RequestLine.verdict(on: Array(text.utf8))
    }

    @Test("Any token may be a method", arguments: ["FOO", "get", "M-SEARCH2", "!#$%&'*+-.^_`|~"])
    func methods(method: String) {
        for line in ["/ HTTP/1.1\r\n", "* HTTP/1.0\n", "http://x/y HTTP/1.1\r\nHost: x\r\n\r\n"] {
            #expect(verdict("\(method) \(line)") == .request(method: method))
        }
    }

    @Test("Of several requests the last one counts")
    func row() {
        let first = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        #expect(verdict(first + "FOO / HTTP/1.1\r\nHost: x\r\n\r\n") == .request(method: "FOO"))
        #expect(verdict(first + "FOO / HTTP/1.1\r\n") == .request(method: "FOO"))
        #expect(verdict(first + "FO") == .incomplete)
        #expect(verdict(first + "\u{16}\u{3}") == .notHTTP)
    }

    @Test("An incomplete line is waited for, wherever it is cut")
    func cuts() {
        let line = Array("FOO /a?b HTTP/1.1\r\n".utf8)
        for count in 0..<line.count {
            #expect(RequestLine.verdict(on: Array(line.prefix(count))) == .incomplete)
        }
        #expect(RequestLine.verdict(on: line) == .request(method: "FOO"))
    }

    @Test(
        "Anything else is not HTTP",
        arguments: [
            "FOO\r\n", "FOO /\r\n", " / HTTP/1.1\r\n", "FOO  / HTTP/1.1\r\n", "FOO / HTTP/2.0\r\n",
            "FOO / HTTP/1.1 \r\n", "F(O / HTTP/1.1\r\n", "FÖÖ / HTTP/1.1\r\n",
            "FOO /\t HTTP/1.1\r\n",
            "FOO /é HTTP/1.1\r\n", "\r\n", "\0", "F\0", "no HTTP at all\r\n",
        ]
    )
    func others(text: String) {
        #expect(verdict(text) == .notHTTP)
    }

    @Test("A line is not waited for indefinitely")
    func endless() {
        #expect(verdict(String(repeating: "A", count: RequestLine.byteLimit)) == .notHTTP)
        #expect(verdict("A " + String(repeating: "b", count: RequestLine.byteLimit)) == .notHTTP)
    }
}
