import Addresses

extension BinaryHeaderDecoder {
    /// The address block: source, destination, source port, destination port.
    ///
    /// The caller has checked that the header is long enough for `family`.
    static func endpoints(
        _ header: Span<UInt8>,
        family: BinaryLayout.Family
    ) -> ProxyHeader.Endpoints {
        let start = BinaryLayout.fixedByteCount
        switch family {
        case .unspecified:
            return .unspecified
        case .ipv4:
            return .ip(
                source: SocketAddress(ipv4(header, at: start), port: header.uint16(at: start + 8)),
                destination: SocketAddress(
                    ipv4(header, at: start + 4),
                    port: header.uint16(at: start + 10)
                )
            )
        case .ipv6:
            return .ip(
                source: SocketAddress(ipv6(header, at: start), port: header.uint16(at: start + 32)),
                destination: SocketAddress(
                    ipv6(header, at: start + 16),
                    port: header.uint16(at: start + 34)
                )
            )
        case .unix:
            return .unix(
                source: unixPath(header, at: start),
                destination: unixPath(header, at: start + BinaryLayout.unixPathByteCount)
            )
        }
    }

    private static func ipv4(_ header: Span<UInt8>, at offset: Int) -> IPAddress {
        .v4(IPv4Address(bits: header.uint32(at: offset)))
    }

    private static func ipv6(_ header: Span<UInt8>, at offset: Int) -> IPAddress {
        .v6(IPv6Address(high: header.uint64(at: offset), low: header.uint64(at: offset + 8)))
    }

    /// The path without the zero bytes that fill it up. An abstract name's first byte is zero.
    private static func unixPath(_ header: Span<UInt8>, at offset: Int) -> [UInt8] {
        var end = offset + BinaryLayout.unixPathByteCount
        while end > offset, header[end - 1] == 0 { end -= 1 }
        return header.copy(offset..<end)
    }
}
