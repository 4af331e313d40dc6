import Addresses

/// Writes a v2 header (§2.2). One that exists can be written: its limits have been checked.
struct BinaryHeaderEncoder {
    private let header: ProxyHeader
    private let family: BinaryLayout.Family
    private let tlvs: [ProxyTLV]
    private let bodyByteCount: Int

    init(_ header: ProxyHeader, addingChecksum: Bool) throws(ProxyHeaderEncodingError) {
        self.header = header
        family = header.family
        tlvs = try header.writtenTLVs(addingChecksum: addingChecksum)
        bodyByteCount = tlvs.reduce(family.addressByteCount) {
            $0 + BinaryLayout.tlvHeaderByteCount + $1.value.count
        }
        guard bodyByteCount <= BinaryLayout.bodyLimit else {
            throw .bodyTooLong(byteCount: bodyByteCount)
        }
        if family == .unix { try header.checkUnixPaths() }
    }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.reserveCapacity(start + BinaryLayout.fixedByteCount + bodyByteCount)
        appendFixedPart(to: &bytes)
        appendEndpoints(to: &bytes)
        var checksumOffset: Int?
        for tlv in tlvs {
            bytes.append(tlv.type.rawValue)
            bytes.appendBigEndian(UInt16(truncatingIfNeeded: tlv.value.count))
            if tlv.type == .crc32c { checksumOffset = bytes.count - start }
            bytes.append(contentsOf: tlv.value)
        }
        if let checksumOffset {
            bytes.writeChecksum(ofHeaderAt: start, fieldOffset: checksumOffset)
        }
    }

    private func appendFixedPart(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: ProxySignature.binary.bytes)
        bytes.append(ProxyHeader.Version.v2.rawValue << 4 | header.command.rawValue)
        bytes.append(family.rawValue << 4 | header.writtenTransport.rawValue)
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: bodyByteCount))
    }

    private func appendEndpoints(to bytes: inout [UInt8]) {
        switch (family, header.endpoints) {
        case (.ipv4, .ip(let source, let destination)), (.ipv6, .ip(let source, let destination)):
            bytes.append(source.ip, as: family)
            bytes.append(destination.ip, as: family)
            bytes.appendBigEndian(source.port)
            bytes.appendBigEndian(destination.port)
        case (.unix, .unix(let source, let destination)):
            bytes.appendUnixPath(source)
            bytes.appendUnixPath(destination)
        default:
            break
        }
    }
}

extension ProxyHeader {
    /// The family that holds both addresses: IPv4 only where both are. Unspecified where a
    /// receiver would ignore them.
    fileprivate var family: BinaryLayout.Family {
        guard command == .proxy, transport != .unspecified else { return .unspecified }
        switch endpoints {
        case .unspecified: return .unspecified
        case .unix: return .unix
        case .ip(let source, let destination):
            if case (.v4, .v4) = (source.ip, destination.ip) { return .ipv4 }
            return .ipv6
        }
    }

    /// LOCAL is written with both halves of byte 14 unspecified, as §2.2 recommends.
    fileprivate var writtenTransport: Transport {
        command == .proxy ? transport : .unspecified
    }

    /// The TLVs as they are written: none without addresses, and with a zero checksum field.
    fileprivate func writtenTLVs(
        addingChecksum: Bool
    ) throws(ProxyHeaderEncodingError) -> [ProxyTLV] {
        guard family != .unspecified else { return [] }
        var written: [ProxyTLV] = []
        written.reserveCapacity(tlvs.count + 1)
        var hasChecksum = false
        for tlv in tlvs {
            if tlv.type == .uniqueID, tlv.value.count > BinaryLayout.uniqueIDLimit {
                throw .uniqueIDTooLong(byteCount: tlv.value.count)
            }
            if tlv.type == .crc32c, hasChecksum { throw .repeatedChecksum }
            hasChecksum = hasChecksum || tlv.type == .crc32c
            written.append(tlv.type == .crc32c ? .checksum : tlv)
        }
        if addingChecksum, !hasChecksum { written.append(.checksum) }
        return written
    }

    fileprivate func checkUnixPaths() throws(ProxyHeaderEncodingError) {
        guard case .unix(let source, let destination) = endpoints else { return }
        let longest = max(source.count, destination.count)
        guard longest <= BinaryLayout.unixPathByteCount else {
            throw .unixPathTooLong(byteCount: longest)
        }
    }
}
