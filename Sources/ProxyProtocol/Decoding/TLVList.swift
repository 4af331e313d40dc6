import Checksums

/// The TLVs at a header's end (§2.2).
enum TLVList {
    /// Reads all TLVs from `start` to the end of `header`, and checks the checksum among them.
    static func decode(
        _ header: Span<UInt8>,
        from start: Int
    ) throws(ProxyHeaderError) -> [ProxyTLV] {
        var tlvs: [ProxyTLV] = []
        var reader = TLVReader(position: start)
        var checksumOffset: Int?
        while let (type, range) = try reader.next(in: header) {
            try check(type, byteCount: range.count)
            if type == .crc32c {
                guard checksumOffset == nil else { throw .repeatedChecksum }
                checksumOffset = range.lowerBound
            }
            tlvs.append(ProxyTLV(type, header.copy(range)))
        }
        if let checksumOffset { try verifyChecksum(of: header, at: checksumOffset) }
        return tlvs
    }

    /// The lengths that the specification fixes.
    private static func check(_ type: ProxyTLVType, byteCount: Int) throws(ProxyHeaderError) {
        if type == .crc32c, byteCount != BinaryLayout.checksumByteCount {
            throw .malformedChecksum(byteCount: byteCount)
        }
        if type == .uniqueID, byteCount > BinaryLayout.uniqueIDLimit {
            throw .uniqueIDTooLong(byteCount: byteCount)
        }
    }

    /// §2.2.3: a receiver that knows the checksum must abort on a wrong one.
    private static func verifyChecksum(
        of header: Span<UInt8>,
        at offset: Int
    ) throws(ProxyHeaderError) {
        let sent = header.uint32(at: offset)
        let computed = CRC32C.checksum(of: header, fieldOffset: offset)
        guard sent == computed else { throw .wrongChecksum(sent: sent, computed: computed) }
    }
}
