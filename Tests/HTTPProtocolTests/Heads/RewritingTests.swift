import HTTPProtocol
import Testing

@Suite("A head that is rewritten")
struct RewritingTests {
    private static let text =
        "PUT /a?b HTTP/1.0\r\nhOST:a\r\nlabel:  x y \r\nmax_filter_ratio: 0.1\r\nExpect: x\r\n"
        + "Label: z\r\n\r\n"

    private func head() throws -> HTTPRequestHead {
        try #require(try requestHead(Self.text)).head
    }

    private func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("It is the same bytes if nothing is changed")
    func unchanged() throws {
        #expect(string(try head().rewritten()) == Self.text)
    }

    @Test("Fields are removed by their name and added at the end; the others keep order and case")
    func fields() throws {
        let bytes = try head().rewritten(
            removing: { $0.equals(ignoringCase: "LABEL") || $0.equals(ignoringCase: "expect") },
            adding: [("X-Forwarded-For", "10.0.0.1"), ("Expect", "100-continue")]
        )
        #expect(
            string(bytes) == "PUT /a?b HTTP/1.0\r\nhOST:a\r\nmax_filter_ratio: 0.1\r\n"
                + "X-Forwarded-For: 10.0.0.1\r\nExpect: 100-continue\r\n\r\n"
        )
    }

    @Test("The target and the version change alone")
    func requestLine() throws {
        let start = Self.text.dropFirst("PUT /a?b HTTP/1.0".count)
        #expect(string(try head().rewritten(target: "/c")) == "PUT /c HTTP/1.0" + start)
        #expect(string(try head().rewritten(minorVersion: 1)) == "PUT /a?b HTTP/1.1" + start)
        #expect(string(try head().rewritten(target: "")) == "PUT / HTTP/1.0" + start)
    }

    @Test("Nothing that is inserted can begin another line or part")
    func injection() throws {
        let bytes = try head().rewritten(
            target: "/x y\r\nHost: b#\u{7f}",
            adding: [("A\r\nB: c", "d\r\nContent-Length: 5\r\n\r\n\0")]
        )
        let again = try #require(try requestHead(string(bytes)))
        #expect(again.byteCount == bytes.count)
        #expect(again.head.target == "/x%20y%0D%0AHost:%20b%23%7F" && again.head.host == "a")
        #expect(again.head.value(of: "ABc") == "dContent-Length: 5")
    }

    @Test("An answer's fields are changed in the same way")
    func answer() throws {
        let text = "HTTP/1.1 307 x\r\nLocation: http://be:8040/\r\nServer: y\r\n\r\n"
        let head = try #require(try answerHead(text)).head
        let bytes = head.rewritten(
            removing: { $0.equals(ignoringCase: "location") },
            adding: [("Location", "/x")]
        )
        #expect(string(bytes) == "HTTP/1.1 307 x\r\nServer: y\r\nLocation: /x\r\n\r\n")
        #expect(string(head.rewritten()) == text)
    }
}
