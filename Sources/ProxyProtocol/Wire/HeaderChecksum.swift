import Checksums

extension CRC32C {
    /// The checksum of `header`, its checksum field at `fieldOffset` taken as zero (§2.2.3).
    static func checksum(of header: Span<UInt8>, fieldOffset: Int) -> UInt32 {
        let fieldEnd = fieldOffset + BinaryLayout.checksumByteCount
        var checksum = CRC32C()
        checksum.update(header.extracting(0..<fieldOffset))
        for _ in fieldOffset..<fieldEnd { checksum.update(0) }
        checksum.update(header.extracting(fieldEnd..<header.count))
        return checksum.value
    }
}
