/// The first 16 bytes of a v2 header, without the signature (§2.2).
///
/// Each byte is judged as soon as it is there, and the length before anything is collected: a
/// sender may claim 65,535 bytes, but not make the receiver wait for them.
struct BinaryFixedPart {
    let command: ProxyHeader.Command
    /// Whose addresses follow: `.unspecified` where there are none to be used.
    let family: BinaryLayout.Family
    let transport: ProxyHeader.Transport
    /// The length of the whole header.
    let headerByteCount: Int

    /// Reads the fixed part; `nil` as long as it is incomplete, but faultless.
    init?(_ bytes: Span<UInt8>) throws(ProxyHeaderError) {
        guard bytes.count > BinaryLayout.commandOffset else { return nil }
        command = try Self.command(bytes[BinaryLayout.commandOffset])
        guard bytes.count > BinaryLayout.familyOffset else { return nil }
        (family, transport) = try Self.family(bytes[BinaryLayout.familyOffset], command)
        guard bytes.count >= BinaryLayout.fixedByteCount else { return nil }
        let bodyByteCount = Int(bytes.uint16(at: BinaryLayout.lengthOffset))
        headerByteCount = BinaryLayout.fixedByteCount + bodyByteCount
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
    /// LOCAL's "is ignored", whatever it says. Where a half is unspecified, "the receiver should
    /// ignore address information": the body is skipped by its length, unread, since nobody can
    /// tell where its addresses end and its TLVs begin, and health probes have either.
    private static func family(
        _ byte: UInt8,
        _ command: ProxyHeader.Command
    ) throws(ProxyHeaderError) -> (BinaryLayout.Family, ProxyHeader.Transport) {
        guard command == .proxy else { return (.unspecified, .unspecified) }
        guard let family = BinaryLayout.Family(rawValue: byte >> 4) else {
            throw .unassignedFamily(byte >> 4)
        }
        guard let transport = ProxyHeader.Transport(rawValue: byte & 0x0F) else {
            throw .unassignedTransport(byte & 0x0F)
        }
        return (transport == .unspecified ? .unspecified : family, transport)
    }
}
