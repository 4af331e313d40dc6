import Addresses

/// Reads a v2 header (§2.2). The signature has been matched.
enum BinaryHeaderDecoder {
    private typealias Layout = BinaryLayout

    static func decode(
        _ bytes: borrowing Span<UInt8>,
        limit: Int
    ) throws(ProxyHeaderError) -> ProxyHeader.Decoding {
        guard let byteCount = try byteCount(of: bytes, limit: limit) else {
            return .incomplete(missingByteCount: Layout.fixedByteCount - bytes.count)
        }
        guard bytes.count >= byteCount else {
            return .incomplete(missingByteCount: byteCount - bytes.count)
        }
        let header = try header(bytes.extracting(0..<byteCount))
        return .complete(header, byteCount: byteCount)
    }

    /// The length of the whole header, or `nil` as long as its fixed part is incomplete.
    ///
    /// Each byte is judged as soon as it is there, and the length before anything is collected: a
    /// sender may claim 65,535 bytes, but not make the receiver wait for them.
    private static func byteCount(
        of bytes: borrowing Span<UInt8>,
        limit: Int
    ) throws(ProxyHeaderError) -> Int? {
        guard bytes.count > Layout.commandOffset else { return nil }
        let command = try command(bytes[Layout.commandOffset])
        guard bytes.count > Layout.familyOffset else { return nil }
        let family = try family(bytes[Layout.familyOffset], command: command)
        guard bytes.count >= Layout.fixedByteCount else { return nil }
        let bodyByteCount = Int(bytes.uint16(at: Layout.lengthOffset))
        let byteCount = Layout.fixedByteCount + bodyByteCount
        guard byteCount <= limit else {
            throw .headerTooLong(byteCount: byteCount, limit: limit)
        }
        guard bodyByteCount >= family.addressByteCount else {
            throw .addressesTooShort(
                byteCount: bodyByteCount,
                neededByteCount: family.addressByteCount
            )
        }
        return byteCount
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

    /// Byte 14's high half. LOCAL's family "is ignored": it has no addresses, whatever it says.
    private static func family(
        _ byte: UInt8,
        command: ProxyHeader.Command
    ) throws(ProxyHeaderError) -> Layout.Family {
        guard command == .proxy else { return .unspecified }
        guard let family = Layout.Family(rawValue: byte >> 4) else {
            throw .unassignedFamily(byte >> 4)
        }
        _ = try transport(byte)
        return family
    }

    /// Byte 14's low half.
    private static func transport(
        _ byte: UInt8
    ) throws(ProxyHeaderError) -> ProxyHeader.Transport {
        guard let transport = ProxyHeader.Transport(rawValue: byte & 0x0F) else {
            throw .unassignedTransport(byte & 0x0F)
        }
        return transport
    }

    /// Reads a complete header. What LOCAL and an unspecified family carry is skipped by its
    /// length, unread: nobody can tell its addresses from its TLVs, and health probes have both.
    private static func header(
        _ bytes: borrowing Span<UInt8>
    ) throws(ProxyHeaderError) -> ProxyHeader {
        let command = try command(bytes[Layout.commandOffset])
        guard command == .proxy else { return .local() }
        let family = try family(bytes[Layout.familyOffset], command: command)
        var header = ProxyHeader(
            transport: try transport(bytes[Layout.familyOffset]),
            endpoints: endpoints(bytes, family: family)
        )
        if family != .unspecified {
            let start = Layout.fixedByteCount + family.addressByteCount
            header.tlvs = try TLVList.decode(bytes, from: start)
        }
        return header
    }
}
