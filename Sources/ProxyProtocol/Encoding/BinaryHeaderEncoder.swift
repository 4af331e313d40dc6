import Addresses

/// Writes a v2 header (§2.2). One that exists can be written: its limits have been checked.
struct BinaryHeaderEncoder {
    private let command: ProxyHeader.Command
    private let transport: ProxyHeader.Transport
    private let endpoints: ProxyHeader.Endpoints
    private let family: BinaryLayout.Family
    private let tlvs: [ProxyTLV]
    private let bodyByteCount: Int

    /// LOCAL is written with both halves of byte 14 unspecified, as §2.2 recommends. What a
    /// receiver would ignore is left out.
    init(_ header: ProxyHeader, addingChecksum: Bool) throws(ProxyHeaderEncodingError) {
        command = header.command
        transport = command == .proxy ? header.transport : .unspecified
        endpoints = transport == .unspecified ? .unspecified : header.endpoints
        family = endpoints.family
        tlvs =
            family == .unspecified
            ? [] : try TLVList.prepared(header.tlvs, addingChecksum: addingChecksum)
        bodyByteCount = family.addressByteCount + TLVList.byteCount(of: tlvs)
        guard bodyByteCount <= BinaryLayout.bodyLimit else {
            throw .bodyTooLong(byteCount: bodyByteCount)
        }
        guard endpoints.longestPathByteCount <= BinaryLayout.unixPathByteCount else {
            throw .unixPathTooLong(byteCount: endpoints.longestPathByteCount)
        }
    }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.reserveCapacity(start + BinaryLayout.fixedByteCount + bodyByteCount)
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
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: bodyByteCount))
    }

    private func appendEndpoints(to bytes: inout [UInt8]) {
        switch endpoints {
        case .unspecified:
            break
        case .ip(let source, let destination):
            bytes.append(source.ip, as: family)
            bytes.append(destination.ip, as: family)
            bytes.appendBigEndian(source.port)
            bytes.appendBigEndian(destination.port)
        case .unix(let source, let destination):
            bytes.appendUnixPath(source)
            bytes.appendUnixPath(destination)
        }
    }
}

extension ProxyHeader.Endpoints {
    /// The family that holds both addresses: IPv4 only where both are.
    fileprivate var family: BinaryLayout.Family {
        switch self {
        case .unspecified: return .unspecified
        case .unix: return .unix
        case .ip(let source, let destination):
            if case (.v4, .v4) = (source.ip, destination.ip) { return .ipv4 }
            return .ipv6
        }
    }

    /// The length of the longer UNIX path; 0 where there are none.
    fileprivate var longestPathByteCount: Int {
        guard case .unix(let source, let destination) = self else { return 0 }
        return max(source.count, destination.count)
    }
}
