extension TLVList {
    /// The TLVs as they are written: at most one checksum among them, its field zero.
    static func prepared(
        _ tlvs: [ProxyTLV],
        addingChecksum: Bool
    ) throws(ProxyHeaderEncodingError) -> [ProxyTLV] {
        var prepared: [ProxyTLV] = []
        prepared.reserveCapacity(tlvs.count + 1)
        var hasChecksum = false
        for tlv in tlvs {
            if tlv.type == .uniqueID, tlv.value.count > BinaryLayout.uniqueIDLimit {
                throw .uniqueIDTooLong(byteCount: tlv.value.count)
            }
            if tlv.type == .crc32c, hasChecksum { throw .repeatedChecksum }
            hasChecksum = hasChecksum || tlv.type == .crc32c
            prepared.append(tlv.type == .crc32c ? .checksum : tlv)
        }
        if addingChecksum, !hasChecksum { prepared.append(.checksum) }
        return prepared
    }

    /// The length of `tlvs` on the wire.
    static func byteCount(of tlvs: [ProxyTLV]) -> Int {
        tlvs.reduce(0) { $0 + BinaryLayout.tlvHeaderByteCount + $1.value.count }
    }

    /// Appends `tlvs`, whose lengths have been checked.
    ///
    /// - Returns: where in `bytes` the checksum's field stands, if there is one.
    static func append(_ tlvs: [ProxyTLV], to bytes: inout [UInt8]) -> Int? {
        var checksumOffset: Int?
        for tlv in tlvs {
            bytes.append(tlv.type.rawValue)
            bytes.appendBigEndian(UInt16(truncatingIfNeeded: tlv.value.count))
            if tlv.type == .crc32c { checksumOffset = bytes.count }
            bytes.append(contentsOf: tlv.value)
        }
        return checksumOffset
    }
}
