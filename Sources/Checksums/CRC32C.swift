/// CRC-32C (Castagnoli), as in RFC 4960, Appendix B: the checksum of PROXY headers and of images.
///
/// Eight bytes at a time by eight tables (Kounavis and Berry, "Novel Table Lookup-Based Algorithms
/// for High-Performance CRC Generation", IEEE Transactions on Computers 57, 2008).
///
/// - Complexity: O(1) for each byte.
package struct CRC32C: Sendable {
    private var remainder: UInt32 = ~0

    package init() {}

    /// The checksum of all bytes so far.
    package var value: UInt32 { ~remainder }

    package mutating func update(_ byte: UInt8) {
        let index = UInt8(truncatingIfNeeded: remainder) ^ byte
        remainder = remainder >> 8 ^ Self.table[Int(index)]
    }

    /// The eight bytes of `number`, the lowest first.
    package mutating func update(littleEndian number: UInt64) {
        update(
            low: UInt32(truncatingIfNeeded: number) ^ remainder,
            high: UInt32(truncatingIfNeeded: number >> 32)
        )
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        var offset = 0
        while bytes.count - offset >= 8 {
            update(low: bytes.word(at: offset) ^ remainder, high: bytes.word(at: offset + 4))
            offset += 8
        }
        for offset in offset..<bytes.count { update(bytes[offset]) }
    }

    private mutating func update(low: UInt32, high: UInt32) {
        remainder = 0
        for place in 0..<4 {
            let shift = UInt32(8 * place)
            remainder ^= Self.table[(7 - place) << 8 | Int(low >> shift & 0xff)]
            remainder ^= Self.table[(3 - place) << 8 | Int(high >> shift & 0xff)]
        }
    }

    /// For each byte the remainder that it leaves, bits reflected, then the one that it leaves
    /// with one more zero byte after it, and so on up to seven.
    private static let table: [UInt32] = {
        var table = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { remainder, _ in
                remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ polynomial
            }
        }
        for index in 256..<8 * 256 {
            let previous = table[index - 256]
            table.append(previous >> 8 ^ table[Int(previous & 0xff)])
        }
        return table
    }()

    /// 0x1EDC6F41 with its bits reversed.
    private static let polynomial: UInt32 = 0x82F6_3B78
}

extension Span<UInt8> {
    /// Four bytes, the lowest first.
    fileprivate func word(at offset: Int) -> UInt32 {
        UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 | UInt32(self[offset + 2]) << 16
            | UInt32(self[offset + 3]) << 24
    }
}
