import ProxyProtocol
import Testing

@Suite("A v1 line ends in CRLF within 107 bytes (§2.1)")
struct TextLineEndTests {
    @Test("A lone CR or LF is refused at once, anywhere in a line")
    func loneEnds() {
        let lines = [
            "PROXY TCP4 192.0.2.1 198.51.100.7 1 2\r\n", "PROXY TCP6 ::1 ::2 1 2\r\n",
            "PROXY UNKNOWN and more\r\n",
        ]
        for line in lines.map(ascii) {
            let first = line.starts(with: ascii("PROXY U")) ? 14 : 11
            for offset in first..<line.count - 2 {
                for end in [ascii("\rx"), ascii("\r\r"), ascii("\n")] {
                    #expect(throws: ProxyHeaderError.brokenLineEnd(offset: offset)) {
                        try ProxyHeader.decode(line[..<offset] + end, limit: noLimit)
                    }
                }
            }
        }
    }

    @Test("A line of 107 bytes is accepted, one of 108 is not")
    func lineLimit() throws {
        let line = "PROXY UNKNOWN " + String(repeating: "x", count: 91)
        #expect(try header(ascii(line + "\r\n")).origin == .local)
        #expect(throws: ProxyHeaderError.lineTooLong(limit: 107)) {
            try ProxyHeader.decode(ascii(line + "x\r\n"), limit: noLimit)
        }
        #expect(throws: ProxyHeaderError.lineTooLong(limit: 107)) {
            try ProxyHeader.decode(ascii(line + "x\r"), limit: noLimit)
        }
        #expect(throws: ProxyHeaderError.lineTooLong(limit: 107)) {
            try ProxyHeader.decode(ascii(line + "xx"), limit: noLimit)
        }
    }

    @Test("The caller's limit applies if it is lower")
    func callersLimit() throws {
        let line = ascii("PROXY TCP6 ::1 ::2 1 2\r\n")
        #expect(throws: ProxyHeaderError.lineTooLong(limit: 23)) {
            try ProxyHeader.decode(line, limit: 23)
        }
        guard case .complete = try ProxyHeader.decode(line, limit: 24) else {
            Issue.record("24 bytes are allowed")
            return
        }
    }

    @Test("A byte that no address or port can contain is refused before the line is complete")
    func unexpectedByte() {
        let allowed = Set("0123456789abcdefABCDEF.: \r\n".utf8)
        for byte in UInt8.min...UInt8.max where !allowed.contains(byte) {
            #expect(throws: ProxyHeaderError.unexpectedByte(byte, offset: 13)) {
                try ProxyHeader.decode(ascii("PROXY TCP4 19") + [byte], limit: noLimit)
            }
        }
    }

    @Test("UNKNOWN is followed by a space or by CRLF")
    func behindUnknown() {
        for byte in UInt8.min...UInt8.max where ![0x20, 0x0D, 0x0A].contains(byte) {
            #expect(throws: ProxyHeaderError.unexpectedByte(byte, offset: 13)) {
                try ProxyHeader.decode(ascii("PROXY UNKNOWN") + [byte], limit: noLimit)
            }
        }
        #expect(throws: ProxyHeaderError.brokenLineEnd(offset: 13)) {
            try ProxyHeader.decode(ascii("PROXY UNKNOWN\n"), limit: noLimit)
        }
    }
}
