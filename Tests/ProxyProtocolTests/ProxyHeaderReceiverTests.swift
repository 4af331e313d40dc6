import ProxyProtocol
import Testing

@Suite("A receiver collects headers however they are split")
struct ProxyHeaderReceiverTests {
    private typealias Progress = ProxyHeaderReceiver.Progress

    /// The progress after each of `chunks`.
    private func progress(_ chunks: [[UInt8]], byteLimit: Int = 4096) throws -> [Progress] {
        var receiver = ProxyHeaderReceiver(byteLimit: byteLimit)
        var all: [Progress] = []
        for chunk in chunks { all.append(try receiver.receive(chunk)) }
        return all
    }

    @Test(
        "A header by itself is complete with its last byte; nothing more is awaited",
        arguments: sampleHeaders
    )
    func alone(bytes: [UInt8]) throws {
        let complete = Progress.complete(headers: [try header(bytes)], payload: [])
        #expect(try progress([bytes]) == [complete])
        for cut in 0..<bytes.count {
            let all = try progress([Array(bytes[..<cut]), Array(bytes[cut...])])
            guard case .incomplete = all[0] else {
                Issue.record("\(all[0]) after \(cut) bytes")
                return
            }
            #expect(all[1] == complete)
        }
    }

    @Test("Payload in the same chunk is handed over whole", arguments: sampleHeaders)
    func payload(bytes: [UInt8]) throws {
        for payload in [ascii("GET / HTTP/1.1\r\n\r\n"), [0], [UInt8](repeating: 0, count: 70_000)]
        {
            let complete = Progress.complete(headers: [try header(bytes)], payload: payload)
            #expect(try progress([bytes + payload]) == [complete])
        }
    }

    @Test("Payload that only starts like a header is held, and then returned")
    func undecidedPayload() throws {
        let first = sampleHeaders[0]
        let headers = [try header(first)]
        for payload in [
            ascii("POST /"), ascii("\r\n\r\nx"), ascii("PROXY TCP5 "), ascii("PROXY UNKNOWm"),
        ] {
            #expect(
                try progress([first + payload]) == [.complete(headers: headers, payload: payload)]
            )
            #expect(
                try progress([first + payload.prefix(1), Array(payload.dropFirst())])
                    == [.undecided, .complete(headers: headers, payload: payload)]
            )
        }
    }

    @Test("If nothing more arrives, undecided bytes are payload; a truncated header is not")
    func finish() throws {
        var receiver = ProxyHeaderReceiver(byteLimit: 4096)
        #expect(receiver.finish() == nil)
        _ = try receiver.receive(Array(sampleHeaders[0].dropLast()))
        #expect(receiver.finish() == nil)
        #expect(try receiver.receive(ascii("\nPROXY")) == .undecided)
        let headers = [try header(sampleHeaders[0])]
        #expect(receiver.finish() == .complete(headers: headers, payload: ascii("PROXY")))
        guard case .incomplete = try receiver.receive(ascii(" TCP4 ")) else {
            Issue.record("a whole signature is a header's")
            return
        }
        #expect(receiver.finish() == nil)
    }

    @Test("A caller that continues after a complete header gets the next one, or the payload")
    func waiting() throws {
        for (first, second) in zip(sampleHeaders, sampleHeaders.reversed()) {
            let headers = [try header(first), try header(second)]
            #expect(
                try progress([first, second]) == [
                    .complete(headers: [headers[0]], payload: []),
                    .complete(headers: headers, payload: []),
                ]
            )
            #expect(
                try progress([first, [0]]) == [
                    .complete(headers: [headers[0]], payload: []),
                    .complete(headers: [headers[0]], payload: [0]),
                ]
            )
        }
    }

    @Test("If there is no header, all bytes are available as payload")
    func noHeader() {
        var receiver = ProxyHeaderReceiver(byteLimit: 4096)
        #expect(throws: ProxyHeaderError.notAProxyHeader(offset: 1)) {
            _ = try receiver.receive(ascii("P"))
            _ = try receiver.receive(ascii("OST / HTTP/1.1"))
        }
        #expect(receiver.headers.isEmpty)
        #expect(receiver.pendingBytes == ascii("POST / HTTP/1.1"))
    }

    @Test("An error is thrown at the byte that causes it")
    func fault() throws {
        var receiver = ProxyHeaderReceiver(byteLimit: 4096)
        for byte in signature { _ = try receiver.receive([byte]) }
        #expect(throws: ProxyHeaderError.unsupportedVersion(3)) { try receiver.receive([0x31]) }
    }
}
