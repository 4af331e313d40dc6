import SeededRandom
import Testing

@testable import Addresses

/// Two independent parsers.
@Suite("Against Python's ipaddress")
struct PythonTests {
    /// Where we are intentionally stricter than Python.
    private enum Difference: CaseIterable {
        /// A zone says on which machine an address counts: `fe80::1%eth0`.
        case zone
        /// `10.0.0.0/255.0.0.0`, `10.0.0.0/0.255.255.255`.
        case netmask
        /// `10.0.0.0/08`: some read it as octal.
        case leadingZeroInLength
        /// `10.0.0.0` as a network: its length was more likely forgotten than omitted on purpose.
        case noLength

        func applies(to text: String) -> Bool {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            switch self {
            case .zone: return text.contains("%")
            case .netmask: return parts.count == 2 && parts[1].contains(".")
            case .leadingZeroInLength:
                return parts.count == 2 && parts[1].count > 1 && parts[1].hasPrefix("0")
            case .noLength: return parts.count == 1
            }
        }
    }

    private static func texts(seed: UInt64) -> [String] {
        var texts = RandomTexts(SeededGenerator(seed: seed))
        return (0..<20_000).map { _ in texts.next() }
    }

    @Test("The same texts are addresses, with the same values")
    func addresses() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let texts = Self.texts(seed: seed)
        var readCount = 0
        for (text, expected) in zip(texts, try PythonOracle.ask(texts))
        where !Difference.zone.applies(to: text) {
            // `try?`: only whether it is one matters; the reasons have their own tests.
            let address = (try? IPAddress(parsing: text)).map(Self.answer)
            #expect(address == expected.address, "'\(text)', seed \(seed)")
            readCount += address == nil ? 0 : 1
        }
        #expect(readCount > 1_000)
    }

    @Test("The same texts are blocks, except for intended differences")
    func blocks() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let texts = Self.texts(seed: seed)
        var readCount = 0
        for (text, expected) in zip(texts, try PythonOracle.ask(texts)) {
            // `try?`: as above.
            let block = try? CIDRBlock(parsing: text)
            if Difference.allCases.contains(where: { $0.applies(to: text) }) {
                #expect(block == nil, "'\(text)', seed \(seed)")
            } else {
                #expect(
                    block.map(Self.answer) == Self.unmapped(expected.network),
                    "'\(text)', seed \(seed)"
                )
                readCount += block == nil ? 0 : 1
            }
        }
        #expect(readCount > 1_000)
    }

    @Test("If host bits are set, the suggestion is the network around the address")
    func suggestions() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let address = IPAddress(.v4, bits: UInt128.random(in: 0...UInt128.max, using: &random))
            let length = UInt8.random(in: 0...32, using: &random)
            let block = CIDRBlock(containing: address, prefixLength: length)
            guard block.network != address else { continue }
            let error = #expect(throws: AddressSyntaxError.self) {
                try CIDRBlock(parsing: "\(address)/\(length)")
            }
            #expect(error.map { "\($0)" }?.contains("\(block)") == true, "seed \(seed)")
        }
    }

    private static func answer(_ address: IPAddress) -> PythonOracle.Answer {
        answer(CIDRBlock(address))
    }

    private static func answer(_ block: CIDRBlock) -> PythonOracle.Answer {
        PythonOracle.Answer(
            isIPv6: block.family == .v6,
            bits: "\(block.network.bits)",
            prefixLength: Int(block.prefixLength)
        )
    }

    /// `::ffff:a.b.c.d/n` with n ≥ 96 is an IPv4 block here: no client has a mapped address once
    /// it has been accepted.
    private static func unmapped(_ answer: PythonOracle.Answer?) -> PythonOracle.Answer? {
        guard let answer, answer.isIPv6, answer.prefixLength >= 96, let bits = UInt128(answer.bits),
            bits >> 32 == 0xffff
        else { return answer }
        return PythonOracle.Answer(
            isIPv6: false,
            bits: "\(bits & 0xffff_ffff)",
            prefixLength: answer.prefixLength - 96
        )
    }
}
