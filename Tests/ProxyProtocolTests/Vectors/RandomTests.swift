import ProxyProtocol
import SeededRandom
import Testing

/// Each failure prints the seed that repeats it.
@Suite("Whatever the bytes are, the codec keeps its promises")
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

    @Test("The receiver and the guard take any bytes in any chunks", arguments: seeds)
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
    /// A header, with payload behind it, in which some bytes are not what they were.
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

    /// `nil` for a fault.
    private func decoding(of bytes: [UInt8]) -> ProxyHeader.Decoding? {
        // The fault itself is not of interest, only that it is one.
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

    /// No prefix of a header is one or a fault, none asks for bytes beyond it; and what the header
    /// says can be written, and says the same then.
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
