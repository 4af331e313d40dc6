/// Reads a v2 header (§2.2). The signature has been matched.
enum BinaryHeaderDecoder {
    static func decode(
        _ bytes: Span<UInt8>,
        limit: Int
    ) throws(ProxyHeaderError) -> ProxyHeader.Decoding {
        guard let fixedPart = try BinaryFixedPart(bytes) else {
            return .incomplete(missingByteCount: BinaryLayout.fixedByteCount - bytes.count)
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
        fixedPart: BinaryFixedPart
    ) throws(ProxyHeaderError) -> ProxyHeader {
        let family = fixedPart.family
        var header = ProxyHeader(
            command: fixedPart.command,
            transport: fixedPart.transport,
            endpoints: endpoints(bytes, family: family)
        )
        if family != .unspecified {
            let start = BinaryLayout.fixedByteCount + family.addressByteCount
            header.tlvs = try TLVList.decode(bytes, from: start)
        }
        return header
    }
}
