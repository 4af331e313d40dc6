import Addresses
import Glibc
import ProxyProtocol
import SeededRandom
import Testing

/// Each failure prints the seed that repeats it.
@Suite("The codec keeps its promises for any bytes")
struct RandomTests {
    private static let seeds = (0..<8).map { _ in UInt64.random(in: .min ... .max) }

    @Test("What was written is read again", arguments: seeds)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let binary = ProxyHeader.randomBinary(&generator)
            #expect(try header(binary.encoded()) == binary, "seed \(seed)")
            let sealed = try header(binary.encoded(addingChecksum: true))
            #expect(sealed.tlvs.filter { $0.type != .crc32c } == binary.tlvs, "seed \(seed)")
            let text = ProxyHeader.randomText(&generator)
            #expect(try header(text.encoded()) == text, "seed \(seed)")
        }
    }

    @Test("Changed, cut and repeated bytes end in an answer that holds", arguments: seeds)
    func mutated(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let bytes = try Self.mutated(&generator)
            guard case .complete(let header, let byteCount)? = decoding(of: bytes) else { continue }
            try expectPromises(header, in: bytes, byteCount: byteCount, seed: seed)
        }
    }

    @Test("The receiver and the guard accept any bytes in any chunks", arguments: seeds)
    func chunked(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let bytes = try Self.mutated(&generator) + Self.mutated(&generator)
            let whole = outcome(of: [bytes])
            let chunks = bytes.map { [$0] }
            guard case .success(.complete(let headers, let payload)) = whole else { continue }
            // In single bytes the first header ends its chunk.
            let single = outcome(of: Array(chunks.prefix(bytes.count - payload.count)))
            if headers.count == 1 {
                #expect(single == .success(.complete(headers: headers, payload: [])))
            }
            var watch = ProxySignatureGuard()
            for chunk in chunks { _ = watch.receive(chunk) }
            #expect(watch.verdict == .header, "seed \(seed)")
        }
    }
}

extension RandomTests {
    /// A header with payload after it, in which some bytes are changed.
    private static func mutated(_ generator: inout SeededGenerator) throws -> [UInt8] {
        let isText = Bool.random(using: &generator)
        let header =
            isText ? ProxyHeader.randomText(&generator) : ProxyHeader.randomBinary(&generator)
        var bytes = try header.encoded(addingChecksum: Bool.random(using: &generator))
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[index] = UInt8(truncatingIfNeeded: generator.next())
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.insert(contentsOf: bytes[index...], at: index)
            default: bytes.remove(at: index)
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes + generator.bytes(Int.random(in: 0...20, using: &generator))
    }

    /// `nil` for an error.
    private func decoding(of bytes: [UInt8]) -> ProxyHeader.Decoding? {
        // `try?`: only whether there is an error matters.
        try? ProxyHeader.decode(bytes, limit: 4096)
    }

    private func outcome(
        of chunks: [[UInt8]]
    ) -> Result<ProxyHeaderReceiver.Progress, ProxyHeaderError> {
        var receiver = ProxyHeaderReceiver(byteLimit: 4096)
        var progress = ProxyHeaderReceiver.Progress.undecided
        do {
            for chunk in chunks { progress = try receiver.receive(chunk) }
            return .success(progress)
        } catch {
            return .failure(error)
        }
    }

    /// No prefix of a header is complete or an error, none asks for bytes beyond it; and the decoded
    /// header can be written, and means the same then.
    private func expectPromises(
        _ header: ProxyHeader,
        in bytes: [UInt8],
        byteCount: Int,
        seed: UInt64
    ) throws {
        for count in 0..<byteCount {
            guard case .incomplete(let missing)? = decoding(of: Array(bytes[..<count])) else {
                Issue.record("seed \(seed): \(count) of \(byteCount) bytes")
                return
            }
            #expect(missing >= 1 && count + missing <= byteCount, "seed \(seed)")
        }
        let again = try ProxyProtocolTests.header(header.encoded())
        #expect(again.origin == header.origin, "seed \(seed)")
        #expect(again.tlvs.map(\.type) == header.tlvs.map(\.type), "seed \(seed)")
    }
}

// MARK: - Addresses and ports of v1 lines

extension RandomTests {
    @Test("A v1 line has exactly the addresses that inet_pton(3) accepts", arguments: seeds)
    func addresses(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var acceptedCount = 0
        for _ in 0..<10_000 {
            let text = generator.addressText()
            let ipv4 = decoding(of: ascii("PROXY TCP4 \(text) 192.0.2.1 1 2\r\n"))
            let ipv6 = decoding(of: ascii("PROXY TCP6 \(text) 2001:db8::1 1 2\r\n"))
            #expect(sourceBytes(ipv4) == systemBytes(text, AF_INET), "\(text), seed \(seed)")
            #expect(sourceBytes(ipv6) == systemBytes(text, AF_INET6), "\(text), seed \(seed)")
            if ipv4 != nil || ipv6 != nil { acceptedCount += 1 }
        }
        #expect(acceptedCount > 500, "seed \(seed)")
    }

    @Test("A v1 line has exactly the ports that are written as numbers are", arguments: seeds)
    func ports(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            var text = Array("\(Int.random(in: 0...99_999, using: &generator))")
            if Bool.random(using: &generator) {
                let digit = "0001239af:.".randomElement(using: &generator) ?? "0"
                text.insert(digit, at: Int.random(in: 0...text.count, using: &generator))
            }
            let port = UInt16(String(text)).map { SocketAddress(client.ip, port: $0) }
            let expected = port.flatMap { "\($0.port)" == String(text) ? $0 : nil }
            let line = "PROXY TCP4 192.0.2.1 198.51.100.7 \(String(text)) 2\r\n"
            #expect(source(decoding(of: ascii(line))) == expected, "\(line), seed \(seed)")
        }
    }

    private func source(_ decoding: ProxyHeader.Decoding?) -> SocketAddress? {
        guard case .complete(let header, _)? = decoding, case .ip(let source, _) = header.endpoints
        else { return nil }
        return source
    }

    private func sourceBytes(_ decoding: ProxyHeader.Decoding?) -> [UInt8]? {
        source(decoding).map { source in
            let width = Int(source.ip.family.bitWidth)
            return stride(from: width - 8, through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: source.ip.bits >> UInt128($0))
            }
        }
    }

    private func systemBytes(_ text: String, _ family: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        let result = unsafe inet_pton(family, text, &bytes)
        return result == 1 ? bytes : nil
    }
}

extension SeededGenerator {
    /// An address, or almost one.
    fileprivate mutating func addressText() -> String {
        let pieces = [
            "0", "1", "9", "10", "255", "256", "00", "01", "ffff", "10000", "abcd", "FE80", ":",
            ":",
            "::", ".", ".", "192.0.2.1", "::ffff:", "2001:db8", ":0:", "0255.1.1.1",
        ]
        var text = ""
        switch Int.random(in: 0..<3, using: &self) {
        case 0:
            let low = next() >> UInt64.random(in: 0...63, using: &self)
            text = IPv6Address(high: next() & next(), low: low).description
        case 1:
            text = IPv4Address(bits: UInt32(truncatingIfNeeded: next())).description
        default:
            for _ in 0..<Int.random(in: 1...7, using: &self) {
                text += pieces.randomElement(using: &self) ?? ""
            }
        }
        for _ in 0..<Int.random(in: 0...2, using: &self) { text = damaged(text) }
        return String(text.prefix(45))
    }

    private mutating func damaged(_ text: String) -> String {
        var characters = Array(text)
        let at = Int.random(in: 0...characters.count, using: &self)
        let character = "0123456789abcdefAF.::.".randomElement(using: &self) ?? ":"
        switch Int.random(in: 0..<3, using: &self) {
        case 0: characters.insert(character, at: at)
        case 1: if at < characters.count { characters.remove(at: at) }
        default: if at < characters.count { characters[at] = character }
        }
        return String(characters)
    }
}
