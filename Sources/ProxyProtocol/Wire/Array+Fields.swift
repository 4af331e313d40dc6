import Addresses
import Checksums

/// How a v2 header's fields are written (§2.2): numbers in network byte order.
extension [UInt8] {
    mutating func appendBigEndian<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    /// The address in `family`'s form; an IPv4 address in the IPv6 form is mapped.
    mutating func append(_ address: IPAddress, as family: BinaryLayout.Family) {
        switch (address, family) {
        case (.v4(let v4), .ipv4):
            appendBigEndian(v4.bits)
        case (.v4(let v4), _):
            appendBigEndian(UInt64(0))
            appendBigEndian(UInt64(0xFFFF) << 32 | UInt64(v4.bits))
        case (.v6(let v6), _):
            appendBigEndian(v6.high)
            appendBigEndian(v6.low)
        }
    }

    /// The path, filled up with zero bytes. It is not longer than its field.
    mutating func appendUnixPath(_ path: [UInt8]) {
        append(contentsOf: path)
        append(contentsOf: repeatElement(0, count: BinaryLayout.unixPathByteCount - path.count))
    }

    /// Computes the checksum of all bytes from `start` on, and writes it into its field.
    mutating func writeChecksum(ofHeaderAt start: Int, fieldAt offset: Int) {
        let checksum = checksum(ofHeaderAt: start, fieldOffset: offset - start)
        for index in 0..<BinaryLayout.checksumByteCount {
            let byte = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * index))
            self[offset + index] = byte
        }
    }

    private func checksum(ofHeaderAt start: Int, fieldOffset: Int) -> UInt32 {
        CRC32C.checksum(of: span.extracting(start..<count), fieldOffset: fieldOffset)
    }
}
