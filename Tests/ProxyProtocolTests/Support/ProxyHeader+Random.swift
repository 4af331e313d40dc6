import Addresses
import ProxyProtocol
import SeededRandom

extension ProxyHeader {
    /// A header that survives being written and read, as v2.
    static func randomBinary(_ generator: inout SeededGenerator) -> ProxyHeader {
        let endpoints = Endpoints.random(&generator)
        var header = ProxyHeader(
            transport: [.stream, .datagram][Int.random(in: 0...1, using: &generator)],
            endpoints: endpoints
        )
        guard endpoints != .unspecified else { return header }
        header.tlvs = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            ProxyTLV.random(&generator)
        }
        return header
    }

    /// A header that survives being written and read, as v1.
    static func randomText(_ generator: inout SeededGenerator) -> ProxyHeader {
        let isIPv6 = Bool.random(using: &generator)
        return ProxyHeader(
            source: .random(isIPv6: isIPv6, &generator),
            destination: .random(isIPv6: isIPv6, &generator),
            version: .v1
        )
    }
}

extension ProxyHeader.Endpoints {
    fileprivate static func random(_ generator: inout SeededGenerator) -> Self {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0:
            return .unspecified
        case 1:
            // A path's last byte is not zero.
            let source = generator.bytes(Int.random(in: 0...107, using: &generator)) + [1]
            return .unix(source: source, destination: [])
        case let choice:
            let isIPv6 = choice.isMultiple(of: 2)
            return .ip(
                source: .random(isIPv6: isIPv6, &generator),
                destination: .random(isIPv6: isIPv6, &generator)
            )
        }
    }
}

extension SocketAddress {
    /// Many of its bytes are zero, as in real IPv6 addresses.
    fileprivate static func random(
        isIPv6: Bool,
        _ generator: inout SeededGenerator
    ) -> SocketAddress {
        let mask = generator.next() & generator.next()
        let number = generator.next()
        let ip: IPAddress =
            isIPv6
            ? .v6(IPv6Address(high: number & mask, low: generator.next() & ~mask & number))
            : .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: number)))
        return SocketAddress(ip, port: UInt16(truncatingIfNeeded: generator.next()))
    }
}

extension ProxyTLV {
    /// No checksum: its value would change when it is written.
    fileprivate static func random(_ generator: inout SeededGenerator) -> ProxyTLV {
        let known: [UInt8] = [0x01, 0x02, 0x04, 0x05, 0x20, 0x30, 0xE0, 0xE1, 0xEA, 0xEE, 0xFF]
        let type = known.randomElement(using: &generator) ?? 0
        let count = Int.random(in: 0...40, using: &generator)
        return ProxyTLV(ProxyTLVType(rawValue: type), generator.bytes(count))
    }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
