/// The checksum of a v2 header: CRC32c (Castagnoli), as in RFC 4960, Appendix B.
///
/// Bytewise by a table of 256 entries: a header is a few dozen bytes, once a connection.
///
/// - Complexity: O(1) for each byte.
struct CRC32C {
    private var remainder: UInt32 = ~0

    /// The checksum of all bytes so far.
    var value: UInt32 { ~remainder }

    mutating func update(_ byte: UInt8) {
        let index = UInt8(truncatingIfNeeded: remainder) ^ byte
        remainder = remainder >> 8 ^ Self.table[Int(index)]
    }

    /// The checksum of `header`, its checksum field at `fieldOffset` taken as zero (§2.2.3).
    static func checksum(of header: Span<UInt8>, fieldOffset: Int) -> UInt32 {
        let field = fieldOffset..<fieldOffset + BinaryLayout.checksumByteCount
        var checksum = CRC32C()
        for index in header.indices {
            checksum.update(field.contains(index) ? 0 : header[index])
        }
        return checksum.value
    }

    /// The remainder of each byte, bits reflected.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ polynomial
        }
    }

    /// 0x1EDC6F41 with its bits reversed.
    private static let polynomial: UInt32 = 0x82F6_3B78
}
