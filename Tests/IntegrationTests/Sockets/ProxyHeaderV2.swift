/// A PROXY protocol v2 header made byte by byte (§2.2), apart from the code under test: it can be
/// wrong in any field.
struct ProxyHeaderV2 {
    struct TLV: Equatable {
        var type: UInt8
        var value: [UInt8]

        init(_ type: UInt8, _ value: [UInt8]) {
            self.type = type
            self.value = value
        }

        var bytes: [UInt8] { [type] + bigEndian(UInt16(value.count)) + value }
    }

    static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]

    /// Version and command; 0x20 is LOCAL.
    var versionAndCommand: UInt8 = 0x21
    /// Family and transport; 0x11 is TCP over IPv4, 0x21 over IPv6.
    var familyAndTransport: UInt8 = 0x11
    var addresses: [UInt8] = []
    var tlvs: [TLV] = []
    /// The length field, where it is not to tell the truth.
    var claimedByteCount: UInt16?
    /// Bytes after the last TLV that are no TLV.
    var trailer: [UInt8] = []

    var bytes: [UInt8] {
        let body = addresses + tlvs.flatMap(\.bytes) + trailer
        return Self.signature + [versionAndCommand, familyAndTransport]
            + bigEndian(claimedByteCount ?? UInt16(body.count)) + body
    }

    /// TCP over IPv4 from `source`, a dotted quad.
    static func tcp4(from source: String, port: UInt16 = 40_000, tlvs: [TLV] = []) -> Self {
        let octets = source.split(separator: ".").compactMap { UInt8($0) }
        return Self(
            addresses: octets + [127, 0, 0, 1] + bigEndian(port) + bigEndian(UInt16(9030)),
            tlvs: tlvs
        )
    }

    /// TCP over IPv6, from the address with these last two bytes in 2001:db8::/32.
    static func tcp6(fromLast bytes: [UInt8], tlvs: [TLV] = []) -> Self {
        let network: [UInt8] = [0x20, 0x01, 0x0d, 0xb8]
        let source = network + [UInt8](repeating: 0, count: 12 - bytes.count) + bytes
        let destination = network + [UInt8](repeating: 0, count: 11) + [1]
        return Self(
            familyAndTransport: 0x21,
            addresses: source + destination + bigEndian(UInt16(40_000)) + bigEndian(UInt16(9030)),
            tlvs: tlvs
        )
    }

    static func local(familyAndTransport: UInt8 = 0, body: [UInt8] = []) -> Self {
        Self(versionAndCommand: 0x20, familyAndTransport: familyAndTransport, addresses: body)
    }

    /// The same header with a right CRC32C TLV (type 3) at its end.
    func withChecksum() -> Self {
        var header = self
        header.tlvs.append(TLV(0x03, [0, 0, 0, 0]))
        let checksum = crc32c(header.bytes)
        header.tlvs[header.tlvs.count - 1].value = bigEndian(checksum)
        return header
    }
}

func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    stride(from: Value.bitWidth - 8, through: 0, by: -8).map {
        UInt8(truncatingIfNeeded: value >> $0)
    }
}

/// CRC-32C (Castagnoli), bit by bit: RFC 3720, appendix B.4.
func crc32c(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xffff_ffff as UInt32) { checksum, byte in
        (0..<8).reduce(checksum ^ UInt32(byte)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
        }
    }
}
