import ProxyProtocol
import Testing

@Suite("Several headers may follow each other, up to a limit")
struct HeaderChainTests {
    private typealias Progress = ProxyHeaderReceiver.Progress

    private let chain = [
        ascii("PROXY TCP4 192.0.2.1 198.51.100.7 56324 9030\r\n"),
        binary(0x21, 0x21, ipv6Block + tlv(0xEA, [1] + ascii("vpce-1"))),
        ascii("PROXY UNKNOWN\r\n"),
        binary(0x20, 0x00, []),
    ]

    @Test("All are collected in their order, with every cut", arguments: 1...4)
    func everyCut(count: Int) throws {
        let bytes = chain.prefix(count).flatMap(\.self)
        let headers = try chain.prefix(count).map { try header($0) }
        let ends = chain.prefix(count).indices.map { chain[...$0].flatMap(\.self).count }
        for cut in 0..<bytes.count where !ends.contains(cut) {
            var receiver = ProxyHeaderReceiver(byteLimit: bytes.count)
            let progress = try receiver.receive(Array(bytes[..<cut]))
            if case .complete = progress { Issue.record("complete after \(cut) bytes") }
            let payload = ascii("payload")
            #expect(
                try receiver.receive(bytes[cut...] + payload)
                    == .complete(headers: headers, payload: payload)
            )
        }
    }

    @Test("A header that ends its chunk ends the headers: later bytes are payload")
    func endOfChunk() throws {
        var receiver = ProxyHeaderReceiver(byteLimit: 4096)
        let headers = [try header(chain[0]), try header(chain[1])]
        #expect(
            try receiver.receive(chain[0] + chain[1]) == .complete(headers: headers, payload: [])
        )
    }

    @Test("One header too many is an error as soon as its signature has arrived")
    func tooMany() throws {
        var receiver = ProxyHeaderReceiver(byteLimit: 4096)
        let four = chain.flatMap(\.self)
        #expect(try receiver.receive(four + signature.dropLast()) == .undecided)
        #expect(throws: ProxyHeaderError.tooManyHeaders(limit: 4)) {
            try receiver.receive([0x0A])
        }
        #expect(receiver.finish() == nil)
        var single = ProxyHeaderReceiver(byteLimit: 4096, headerLimit: 1)
        #expect(throws: ProxyHeaderError.tooManyHeaders(limit: 1)) {
            try single.receive(chain[0] + chain[1])
        }
    }

    @Test("The limit counts the bytes of all headers together")
    func byteLimit() throws {
        let bytes = chain[1] + chain[1]
        var exact = ProxyHeaderReceiver(byteLimit: bytes.count)
        #expect(
            try exact.receive(bytes)
                == .complete(headers: [try header(chain[1]), try header(chain[1])], payload: [])
        )
        var tooSmall = ProxyHeaderReceiver(byteLimit: bytes.count - 1)
        let error = ProxyHeaderError.headerTooLong(
            byteCount: chain[1].count,
            limit: chain[1].count - 1
        )
        #expect(throws: error) { try tooSmall.receive(bytes) }
    }

    @Test("An invalid header after a valid one is an error, never payload")
    func faultyInner() {
        for faulty in [
            binary(0x22, 0x11, ipv4Block), binary(ipv4Block + [0]), ascii("PROXY TCP4 x"),
            ascii("PROXY TCP4 ::1 ::1 1 2\r\n"),
        ] {
            #expect(throws: ProxyHeaderError.self) {
                var receiver = ProxyHeaderReceiver(byteLimit: 4096)
                _ = try receiver.receive(chain[0] + faulty)
            }
        }
    }
}
