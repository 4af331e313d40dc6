import SeededRandom
import Testing
import Traffic

@Suite("The name in a ClientHello")
struct ServerNameReadingTests {
    /// A ClientHello with these extensions, in records of at most `recordByteCount` bytes.
    static func hello(
        _ extensions: [(type: UInt16, content: [UInt8])],
        recordByteCount: Int = 16_384
    ) -> [UInt8] {
        var body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32)
        body += [32] + [UInt8](repeating: 9, count: 32)
        // A value of GREASE (RFC 8701) among the cipher suites.
        body += [0, 4, 0x0a, 0x0a, 0x13, 0x01]
        body += [1, 0]
        var all: [UInt8] = []
        for (type, content) in extensions {
            all += [UInt8(type >> 8), UInt8(truncatingIfNeeded: type)]
            all += vector(content)
        }
        body += vector(all)
        let message =
            [1, UInt8(body.count >> 16), UInt8(body.count >> 8 & 255), UInt8(body.count & 255)]
            + body
        var records: [UInt8] = []
        var start = 0
        while start < message.count {
            let part = message[start..<min(message.count, start + recordByteCount)]
            records += [22, 3, 1] + vector(Array(part))
            start += recordByteCount
        }
        return records
    }

    private static func vector(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    static func serverName(_ name: String) -> (type: UInt16, content: [UInt8]) {
        (0, vector([0] + vector(Array(name.utf8))))
    }

    private static func read(_ bytes: [UInt8], pieceByteCount: Int = .max)
        -> ClientHelloReader.Progress
    {
        var reader = ClientHelloReader()
        var progress = ClientHelloReader.Progress.incomplete
        var start = 0
        while start < bytes.count, progress == .incomplete {
            let end =
                pieceByteCount < bytes.count
                ? min(bytes.count, start + pieceByteCount) : bytes.count
            let piece = Array(bytes[start..<end])
            progress = reader.receive(piece.span)
            start = end
        }
        return progress
    }

    @Test("It is found however the hello is cut into records and pieces", arguments: 1..<40)
    func cuts(size: Int) {
        let extensions: [(type: UInt16, content: [UInt8])] = [
            (0x2a2a, []), (16, [0, 3, 2, 104, 50]), Self.serverName("A.GW.example"),
            (0xfafa, [1, 2, 3]),
        ]
        let hello = Self.hello(extensions, recordByteCount: size)
        for piece in [1, 2, 7, size, .max] {
            let progress = Self.read(hello, pieceByteCount: piece)
            #expect(progress == .complete(serverName: "a.gw.example"))
        }
    }

    @Test("A hello without a name has none")
    func nameless() {
        #expect(Self.read(Self.hello([(16, [0, 3, 2, 104, 50])])) == .complete(serverName: nil))
        #expect(Self.read(Self.hello([])) == .complete(serverName: nil))
    }

    @Test(
        "What is not TLS is told by its first bytes",
        arguments: ["GET / HTTP/1.1\r\n", "\u{5}", "PROXY "]
    )
    func other(text: String) {
        #expect(Self.read(Array(text.utf8)) == .notTLS)
    }

    @Test("Malformed names and lengths are rejected")
    func malformed() {
        let bad: [(type: UInt16, content: [UInt8])] = [
            (0, []), (0, [0, 0]), (0, [0, 3, 0, 0, 0]), (0, [0, 4, 1, 0, 1, 97]),
            (0, [0, 9, 0, 0, 1, 97]), Self.serverName("a b"), Self.serverName("a\u{0}b"),
            Self.serverName(String(repeating: "a", count: 254)),
        ]
        for content in bad {
            guard case .malformed = Self.read(Self.hello([content])) else {
                Issue.record("accepted \(content)")
                continue
            }
        }
        let twice = Self.hello([Self.serverName("a"), Self.serverName("b")])
        guard case .malformed = Self.read(twice) else {
            Issue.record("accepted two names")
            return
        }
    }

    @Test("A hello of more than the limit is rejected before it is complete")
    func limit() {
        let hello = Self.hello(
            (0..<4).map { (UInt16(100 + $0), [UInt8](repeating: 0, count: 16_000)) }
        )
        guard case .malformed = Self.read(hello, pieceByteCount: 1_000) else {
            Issue.record("accepted \(hello.count) bytes")
            return
        }
    }

    @Test(
        "Random changes never crash it, nor make it hold more than the limit",
        arguments: SeededGenerator.seeds
    )
    func mutations(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let hello = Self.hello([(16, [0, 3, 2, 104, 50]), Self.serverName("a.gw.example")])
        for _ in 0..<2_000 {
            var bytes = hello
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            _ = Self.read(bytes, pieceByteCount: Int.random(in: 1...50, using: &random))
        }
    }
}
