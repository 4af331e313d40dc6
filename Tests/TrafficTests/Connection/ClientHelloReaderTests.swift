import Testing
import Traffic

@Suite("The name in a ClientHello")
struct ClientHelloReaderTests {
    private static func vector(_ content: [UInt8], lengthByteCount: Int) -> [UInt8] {
        let length = (0..<lengthByteCount).reversed().map {
            UInt8(truncatingIfNeeded: content.count >> (8 * $0))
        }
        return length + content
    }

    private static func serverName(_ name: String) -> [UInt8] {
        let host = [0] + vector(Array(name.utf8), lengthByteCount: 2)
        return [0, 0] + vector(vector(host, lengthByteCount: 2), lengthByteCount: 2)
    }

    /// An extension of GREASE (RFC 8701).
    private static let grease: [UInt8] = [0x0A, 0x0A, 0, 1, 0]

    private static func message(_ extensions: [UInt8]) -> [UInt8] {
        var body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32)
        body += vector([1, 2, 3], lengthByteCount: 1)
        body += vector([0x0A, 0x0A, 0x13, 0x01], lengthByteCount: 2)
        body += vector([0], lengthByteCount: 1)
        body += vector(extensions, lengthByteCount: 2)
        return [1] + vector(body, lengthByteCount: 3)
    }

    /// Records of at most `size` bytes.
    private static func records(_ message: [UInt8], size: Int = 16_384) -> [UInt8] {
        stride(from: 0, to: message.count, by: size).flatMap { start in
            let end = min(start + size, message.count)
            return [22, 3, 1] + vector(Array(message[start..<end]), lengthByteCount: 2)
        }
    }

    private static func read(_ pieces: [[UInt8]]) -> ClientHelloReader.Progress {
        var reader = ClientHelloReader()
        var progress = ClientHelloReader.Progress.incomplete
        for piece in pieces where !piece.isEmpty && progress == .incomplete {
            progress = reader.receive(piece.span)
        }
        return progress
    }

    private static let good = message(grease + serverName("A.Gw.Example") + grease)
    static let goodRecords = records(good)

    @Test("It is found in lower case, however the bytes are cut, in records of any size")
    func cuts() {
        for size in [1, 2, 5, 100, 16_384] {
            let bytes = Self.records(Self.good, size: size)
            for cut in 0...bytes.count {
                let progress = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])])
                #expect(progress == .complete(serverName: "a.gw.example"), "\(size) \(cut)")
            }
            #expect(Self.read(bytes.map { [$0] }) == .complete(serverName: "a.gw.example"))
        }
        #expect(Self.read([Self.records(Self.message(Self.grease))]) == .complete(serverName: nil))
    }

    @Test("The root's dot is not a part of it")
    func rootDot() {
        for (sent, read) in [("gw.example.", "gw.example"), (".", "."), ("a..", "a.")] {
            let hello = Self.records(Self.message(Self.serverName(sent)))
            #expect(Self.read([hello]) == .complete(serverName: read))
        }
    }

    @Test("What breaks the format is malformed, and what is not TLS is recognized")
    func malformed() {
        let name = Self.serverName("gw.example")
        let messages = [
            Self.message(name + name), Self.message(Self.serverName("")),
            Self.message(Self.serverName("a\0b")),
            Self.message(Self.serverName(String(repeating: "a", count: 254))),
            Self.message(Self.serverName("a b")), Self.message([0, 0, 0, 2, 0, 0]),
            Self.message([0, 0, 0, 6, 0, 4, 1, 0, 1, 97]),
            Self.message([0, 0, 0, 6, 0, 9, 0, 0, 1, 97]),
            Self.message(Array(name.dropLast())), Self.message(name + [0, 35, 0xFF, 0xFF]),
        ]
        for message in messages {
            guard case .malformed = Self.read([Self.records(message)]) else {
                Issue.record("\(message)")
                continue
            }
        }
        for text in ["GET / HTTP/1.1", "\u{5}", "PROXY "] {
            #expect(Self.read([Array(text.utf8)]) == .notTLS)
        }
        #expect(Self.read([[22, 2, 0, 0, 0]]) == .notTLS)
        for bytes: [UInt8] in [[22, 3, 1, 0, 0], [22, 3, 1, 0xFF, 0xFF], [22, 3, 1, 0, 1, 2]] {
            guard case .malformed = Self.read([bytes]) else {
                Issue.record("\(bytes)")
                continue
            }
        }
    }

    @Test("No more than 32 KiB are read")
    func limit() {
        let long = Self.message([UInt8](repeating: 0, count: 40_000))
        guard case .malformed = Self.read([Self.records(long)]) else {
            Issue.record("a ClientHello of 40,000 bytes is accepted")
            return
        }
        // Records of one byte each: the headers count.
        var reader = ClientHelloReader()
        var byteCount = 0
        while byteCount < 2 * ClientHelloReader.byteLimit {
            let piece: [UInt8] = byteCount == 0 ? [22, 3, 1, 0, 1, 1] : [22, 3, 1, 0, 1, 0]
            byteCount += piece.count
            if reader.receive(piece.span) != .incomplete { break }
        }
        #expect(byteCount <= ClientHelloReader.byteLimit + 6)
    }
}
