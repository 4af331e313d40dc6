import Checksums

/// The TLVs at a header's end (§2.2), and the checksum of the header among them.
enum TLVList {
    /// A type and a length.
    static let headerByteCount = 3
    static let checksumByteCount = 4
    /// §2.2.5.
    static let uniqueIDLimit = 128
}

// MARK: - Reading

extension TLVList {
    /// Reads all TLVs from `start` to the end of `header`, and verifies the checksum among them.
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
        if type == .crc32c, byteCount != checksumByteCount {
            throw .malformedChecksum(byteCount: byteCount)
        }
        if type == .uniqueID, byteCount > uniqueIDLimit {
            throw .uniqueIDTooLong(byteCount: byteCount)
        }
    }

    /// §2.2.3: a receiver that supports the checksum must abort on a wrong one.
    private static func verifyChecksum(
        of header: Span<UInt8>,
        at offset: Int
    ) throws(ProxyHeaderError) {
        let sent = header.uint32(at: offset)
        let computed = CRC32C.checksum(of: header, fieldOffset: offset)
        guard sent == computed else { throw .wrongChecksum(sent: sent, computed: computed) }
    }
}

/// Walks over TLVs without copying their values.
struct TLVReader {
    /// Where the next TLV starts.
    private(set) var position: Int

    init(position: Int) {
        self.position = position
    }

    /// The next TLV's type and the range of its value; `nil` at the end of `bytes`.
    mutating func next(
        in bytes: Span<UInt8>
    ) throws(ProxyHeaderError) -> (type: ProxyTLVType, value: Range<Int>)? {
        let available = bytes.count - position
        guard available > 0 else { return nil }
        guard available >= TLVList.headerByteCount else {
            throw .trailingBytes(count: available)
        }
        let type = ProxyTLVType(rawValue: bytes[position])
        let byteCount = Int(bytes.uint16(at: position + 1))
        let start = position + TLVList.headerByteCount
        guard byteCount <= bytes.count - start else {
            let left = bytes.count - start
            throw .tlvPastEnd(type: type, byteCount: byteCount, availableByteCount: left)
        }
        position = start + byteCount
        return (type, start..<position)
    }
}

// MARK: - Writing

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
            if tlv.type == .uniqueID, tlv.value.count > uniqueIDLimit {
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
        tlvs.reduce(0) { $0 + headerByteCount + $1.value.count }
    }

    /// Appends `tlvs`, whose lengths have been checked.
    ///
    /// - Returns: the offset in `bytes` of the checksum's field, if there is one.
    static func append(_ tlvs: [ProxyTLV], to bytes: inout [UInt8]) -> Int? {
        var checksumOffset: Int?
        for tlv in tlvs {
            bytes.append(tlv.type.rawValue)
            bytes.append(bigEndian: UInt16(truncatingIfNeeded: tlv.value.count))
            if tlv.type == .crc32c { checksumOffset = bytes.count }
            bytes.append(contentsOf: tlv.value)
        }
        return checksumOffset
    }
}

// MARK: - The checksum

extension CRC32C {
    /// The checksum of `header`, with its checksum field at `fieldOffset` as zeros (§2.2.3).
    fileprivate static func checksum(of header: Span<UInt8>, fieldOffset: Int) -> UInt32 {
        let fieldEnd = fieldOffset + TLVList.checksumByteCount
        var checksum = CRC32C()
        checksum.update(header.extracting(0..<fieldOffset))
        for _ in fieldOffset..<fieldEnd { checksum.update(0) }
        checksum.update(header.extracting(fieldEnd..<header.count))
        return checksum.value
    }
}

extension [UInt8] {
    /// Computes the checksum of all bytes from `start` on, and writes it to its field.
    mutating func writeChecksum(ofHeaderAt start: Int, fieldAt offset: Int) {
        write(bigEndian: checksum(ofHeaderAt: start, fieldAt: offset), at: offset)
    }

    private func checksum(ofHeaderAt start: Int, fieldAt offset: Int) -> UInt32 {
        CRC32C.checksum(of: span.extracting(start..<count), fieldOffset: offset - start)
    }
}
