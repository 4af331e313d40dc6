import Foundation
import SeededRandom
import Testing
import Traffic

/// ClientHellos, changed and cut; `FUZZ_COUNT` sets how many. Where they are
/// cut must not matter: a reader that finds another name then could be told two.
///
///     FUZZ_COUNT=100000000 swift test -c release --filter NameReaderFuzzTests
@Suite("Names in any bytes")
struct NameReaderFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap { Int($0) } ?? 20_000

    private func fuzz(
        _ samples: [[UInt8]],
        _ violation: (_ input: [UInt8], _ cut: Int) -> String?
    ) {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for index in 0..<Self.count {
            var input = samples[index % samples.count]
            for _ in 0..<Int.random(in: 0..<5, using: &generator) {
                let position = Int.random(in: 0..<input.count, using: &generator)
                input[position] = UInt8.random(in: .min ... .max, using: &generator)
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                input.removeLast(Int.random(in: 0..<input.count, using: &generator))
            }
            let cut = Int.random(in: 0...input.count, using: &generator)
            guard let violation = violation(input, cut) else { continue }
            Issue.record("seed \(seed), input \(index): \(violation)")
            return
        }
    }

    @Test("A ClientHello has the same name however it is cut")
    func clientHello() {
        var found = 0
        fuzz(Self.clientHellos) { input, cut in
            var whole = ClientHelloReader()
            let expected = whole.receive(input.span)
            var reader = ClientHelloReader()
            var progress = ClientHelloReader.Progress.incomplete
            for part in [0..<cut, cut..<input.count] where progress == .incomplete && !part.isEmpty
            {
                progress = reader.receive(input.span.extracting(part))
            }
            guard progress == expected else { return "\(progress), not \(expected), cut at \(cut)" }
            guard case .complete(let name?) = progress else { return nil }
            found += 1
            return Self.isClean(name, limit: 253) ? nil : "the name \(name)"
        }
        #expect(found > Self.count / 20)
    }

    private static func isClean(_ name: String, limit: Int) -> Bool {
        !name.isEmpty && name.utf8.count <= limit
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !(0x41...0x5a).contains($0) }
    }
}

// MARK: - What is changed

extension NameReaderFuzzTests {
    private static func vector(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    /// In one record, in two, and with records of one byte.
    private static let clientHellos: [[UInt8]] = {
        let name = vector([0] + vector(Array("a.gw.example".utf8)))
        // GREASE (RFC 8701), ALPN, the name.
        let extensions: [UInt8] =
            [0x2a, 0x2a, 0, 0, 0, 16, 0, 5, 0, 3, 2, 0x68, 0x32, 0, 0] + vector(name)
        let start: [UInt8] = [3, 3] + Array(repeating: 7, count: 32)
        let session: [UInt8] = [32] + Array(repeating: 9, count: 32)
        let body = start + session + [0, 4, 0x0a, 0x0a, 0x13, 1, 1, 0] + vector(extensions)
        let message = [1, 0] + vector(body)
        let half = message.count / 2
        let version: [UInt8] = [22, 3, 1]
        return [
            version + vector(message),
            version + vector(Array(message[..<half])) + version + vector(Array(message[half...])),
            message.flatMap { version + vector([$0]) },
        ]
    }()
}
