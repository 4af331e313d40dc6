import Checksums

extension CRC32C {
    /// The checksum of `header`, its checksum field at `fieldOffset` taken as zero (§2.2.3).
    static func checksum(of header: Span<UInt8>, fieldOffset: Int) -> UInt32 {
        let field = fieldOffset..<fieldOffset + BinaryLayout.checksumByteCount
        var checksum = CRC32C()
        for index in header.indices {
            checksum.update(field.contains(index) ? 0 : header[index])
        }
        return checksum.value
    }
}
