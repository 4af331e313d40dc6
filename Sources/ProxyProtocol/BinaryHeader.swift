import Addresses

/// A v2 header (§2.2):
///
///     signature  version, command  family, transport  length  addresses  TLVs
///     12 bytes   1 byte            1 byte             2 bytes └─── length bytes ───┘
///
/// Offsets count from 0: the specification's byte 13 is offset 12.
enum BinaryHeader {
    /// Version in the high half, command in the low one.
    static let commandOffset = 12
    /// Family in the high half, transport in the low one.
    static let familyOffset = 13
    /// The length of everything that follows, two bytes.
    static let lengthOffset = 14
    /// Signature, command, family and length.
    static let fixedByteCount = 16
    /// The largest length that two bytes can express.
    static let bodyLimit = 0xFFFF
    /// A UNIX address: the whole `sun_path`.
    static let unixPathByteCount = 108

    /// The family of the addresses: byte 14, high half.
    enum Family: UInt8 {
        case unspecified = 0
        case ipv4 = 1
        case ipv6 = 2
        case unix = 3

        /// The length of both addresses and ports.
        var addressByteCount: Int {
            switch self {
            case .unspecified: 0
            case .ipv4: 2 * 4 + 2 * 2
            case .ipv6: 2 * 16 + 2 * 2
            case .unix: 2 * unixPathByteCount
            }
        }
    }
}

// MARK: - Reading

extension BinaryHeader {
    /// Reads a header whose signature has been matched.
    static func decode(
        _ bytes: Span<UInt8>,
        limit: Int
    ) throws(ProxyHeaderError) -> ProxyHeader.Decoding {
        guard let fixedPart = try FixedPart(bytes) else {
            return .incomplete(missingByteCount: fixedByteCount - bytes.count)
        }
        let byteCount = fixedPart.headerByteCount
        guard byteCount <= limit else {
            throw .headerTooLong(byteCount: byteCount, limit: limit)
        }
        guard bytes.count >= byteCount else {
            return .incomplete(missingByteCount: byteCount - bytes.count)
        }
        let header = try header(bytes.extracting(0..<byteCount), fixedPart: fixedPart)
        return .complete(header, byteCount: byteCount)
    }

    /// Reads a complete header.
    private static func header(
        _ bytes: Span<UInt8>,
        fixedPart: FixedPart
    ) throws(ProxyHeaderError) -> ProxyHeader {
        let family = fixedPart.family
        var header = ProxyHeader(
            command: fixedPart.command,
            transport: fixedPart.transport,
            endpoints: endpoints(bytes, family: family)
        )
        if family != .unspecified {
            let start = fixedByteCount + family.addressByteCount
            header.tlvs = try TLVList.decode(bytes, from: start)
        }
        return header
    }

    /// The addresses: source, destination, source port, destination port.
    ///
    /// The caller has checked that the header is long enough for `family`.
    private static func endpoints(
        _ header: Span<UInt8>,
        family: Family
    ) -> ProxyHeader.Endpoints {
        let start = fixedByteCount
        switch family {
        case .unspecified:
            return .unspecified
        case .ipv4, .ipv6:
            let size = family == .ipv4 ? 4 : 16
            let ports = start + 2 * size
            let source = address(header, at: start, byteCount: size)
            let destination = address(header, at: start + size, byteCount: size)
            return .ip(
                source: SocketAddress(source, port: header.uint16(at: ports)),
                destination: SocketAddress(destination, port: header.uint16(at: ports + 2))
            )
        case .unix:
            return .unix(
                source: unixPath(header, at: start),
                destination: unixPath(header, at: start + unixPathByteCount)
            )
        }
    }

    private static func address(
        _ header: Span<UInt8>,
        at offset: Int,
        byteCount: Int
    ) -> IPAddress {
        byteCount == 4
            ? .v4(IPv4Address(bits: header.uint32(at: offset)))
            : .v6(IPv6Address(high: header.uint64(at: offset), low: header.uint64(at: offset + 8)))
    }

    /// The path without the zero bytes that pad it. The first byte of an abstract name is zero.
    private static func unixPath(_ header: Span<UInt8>, at offset: Int) -> [UInt8] {
        var end = offset + unixPathByteCount
        while end > offset, header[end - 1] == 0 { end -= 1 }
        return header.copy(offset..<end)
    }
}

/// The first 16 bytes of a header, without the signature.
///
/// Each byte is judged as soon as it arrives, and the length before anything is collected: a sender
/// may claim 65,535 bytes, but cannot make the receiver wait for them.
private struct FixedPart {
    let command: ProxyHeader.Command
    /// The family of the addresses that follow; `.unspecified` if none are to be used.
    let family: BinaryHeader.Family
    let transport: ProxyHeader.Transport
    /// The length of the whole header.
    let headerByteCount: Int

    /// `nil` if the fixed part is incomplete, but valid so far.
    init?(_ bytes: Span<UInt8>) throws(ProxyHeaderError) {
        guard bytes.count > BinaryHeader.commandOffset else { return nil }
        command = try Self.command(bytes[BinaryHeader.commandOffset])
        guard bytes.count > BinaryHeader.familyOffset else { return nil }
        (family, transport) = try Self.family(bytes[BinaryHeader.familyOffset], command)
        guard bytes.count >= BinaryHeader.fixedByteCount else { return nil }
        let bodyByteCount = Int(bytes.uint16(at: BinaryHeader.lengthOffset))
        headerByteCount = BinaryHeader.fixedByteCount + bodyByteCount
        guard bodyByteCount >= family.addressByteCount else {
            throw .addressesTooShort(
                byteCount: bodyByteCount,
                neededByteCount: family.addressByteCount
            )
        }
    }

    /// Byte 13. "The receiver must only accept" version 2 and the two assigned commands.
    private static func command(_ byte: UInt8) throws(ProxyHeaderError) -> ProxyHeader.Command {
        guard byte >> 4 == ProxyHeader.Version.v2.rawValue else {
            throw .unsupportedVersion(byte >> 4)
        }
        guard let command = ProxyHeader.Command(rawValue: byte & 0x0F) else {
            throw .unassignedCommand(byte & 0x0F)
        }
        return command
    }

    /// Byte 14.
    ///
    /// LOCAL's "is ignored", whatever it is. If a half is unspecified, "the receiver should ignore
    /// address information": the body is skipped by its length, unread, because where its addresses
    /// end and its TLVs start is unknown, and health probes have either.
    private static func family(
        _ byte: UInt8,
        _ command: ProxyHeader.Command
    ) throws(ProxyHeaderError) -> (BinaryHeader.Family, ProxyHeader.Transport) {
        guard command == .proxy else { return (.unspecified, .unspecified) }
        guard let family = BinaryHeader.Family(rawValue: byte >> 4) else {
            throw .unassignedFamily(byte >> 4)
        }
        guard let transport = ProxyHeader.Transport(rawValue: byte & 0x0F) else {
            throw .unassignedTransport(byte & 0x0F)
        }
        return (transport == .unspecified ? .unspecified : family, transport)
    }
}
