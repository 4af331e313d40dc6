import Addresses

/// Writes a v2 header (§2.2). Its limits are checked when it is created.
struct BinaryHeaderEncoder {
    private let command: ProxyHeader.Command
    private let transport: ProxyHeader.Transport
    private let endpoints: ProxyHeader.Endpoints
    private let family: BinaryHeader.Family
    private let tlvs: [ProxyTLV]
    private let bodyByteCount: Int

    /// LOCAL is written with both halves of byte 14 unspecified, as §2.2 recommends. What a
    /// receiver would ignore is omitted.
    init(_ header: ProxyHeader, addingChecksum: Bool) throws(ProxyHeaderEncodingError) {
        command = header.command
        transport = command == .proxy ? header.transport : .unspecified
        endpoints = transport == .unspecified ? .unspecified : header.endpoints
        family = endpoints.family
        tlvs =
            family == .unspecified
            ? [] : try TLVList.prepared(header.tlvs, addingChecksum: addingChecksum)
        bodyByteCount = family.addressByteCount + TLVList.byteCount(of: tlvs)
        guard bodyByteCount <= BinaryHeader.bodyLimit else {
            throw .bodyTooLong(byteCount: bodyByteCount)
        }
        guard endpoints.longestPathByteCount <= BinaryHeader.unixPathByteCount else {
            throw .unixPathTooLong(byteCount: endpoints.longestPathByteCount)
        }
    }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.reserveCapacity(start + BinaryHeader.fixedByteCount + bodyByteCount)
        appendFixedPart(to: &bytes)
        appendEndpoints(to: &bytes)
        if let offset = TLVList.append(tlvs, to: &bytes) {
            bytes.writeChecksum(ofHeaderAt: start, fieldAt: offset)
        }
    }

    private func appendFixedPart(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: ProxySignature.binary.bytes)
        bytes.append(ProxyHeader.Version.v2.rawValue << 4 | command.rawValue)
        bytes.append(family.rawValue << 4 | transport.rawValue)
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: bodyByteCount))
    }

    private func appendEndpoints(to bytes: inout [UInt8]) {
        switch endpoints {
        case .unspecified:
            break
        case .ip(let source, let destination):
            bytes.append(source.ip, as: family)
            bytes.append(destination.ip, as: family)
            bytes.append(bigEndian: source.port)
            bytes.append(bigEndian: destination.port)
        case .unix(let source, let destination):
            bytes.append(unixPath: source)
            bytes.append(unixPath: destination)
        }
    }
}

extension ProxyHeader.Endpoints {
    /// The family that holds both addresses: IPv4 only if both are.
    fileprivate var family: BinaryHeader.Family {
        switch self {
        case .unspecified: return .unspecified
        case .unix: return .unix
        case .ip(let source, let destination):
            if case (.v4, .v4) = (source.ip, destination.ip) { return .ipv4 }
            return .ipv6
        }
    }

    /// The length of the longer UNIX path, or 0.
    fileprivate var longestPathByteCount: Int {
        guard case .unix(let source, let destination) = self else { return 0 }
        return max(source.count, destination.count)
    }
}

extension [UInt8] {
    /// The address in `family`'s form; an IPv4 address in the IPv6 form is mapped.
    fileprivate mutating func append(_ address: IPAddress, as family: BinaryHeader.Family) {
        switch (address, family) {
        case (.v4(let v4), .ipv4):
            append(bigEndian: v4.bits)
        case (.v4(let v4), _):
            append(bigEndian: UInt64(0))
            append(bigEndian: UInt64(0xFFFF) << 32 | UInt64(v4.bits))
        case (.v6(let v6), _):
            append(bigEndian: v6.high)
            append(bigEndian: v6.low)
        }
    }

    /// The path, padded with zero bytes. It is not longer than its field.
    fileprivate mutating func append(unixPath path: [UInt8]) {
        append(contentsOf: path)
        append(contentsOf: repeatElement(0, count: BinaryHeader.unixPathByteCount - path.count))
    }
}
