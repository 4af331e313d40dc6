/// Why a peer's bytes cannot become a PROXY protocol header.
///
/// Always the peer's fault; the connection is to be aborted (§2.1, §2.2). A short read is not here:
/// it is ``ProxyHeader/Decoding/incomplete(missingByteCount:)``. Offsets count from 0.
public enum ProxyHeaderError: Error, Hashable, Sendable {
    /// A field of a v1 line.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        case sourceAddress = "source address"
        case destinationAddress = "destination address"
        case sourcePort = "source port"
        case destinationPort = "destination port"
    }

    /// The byte at `offset` is the first that fits neither signature.
    case notAProxyHeader(offset: Int)
    /// The header is longer than the receiver takes. Both are bytes, signature included.
    case headerTooLong(byteCount: Int, limit: Int)

    // v1 (§2.1)

    /// No CRLF within `limit` bytes.
    case lineTooLong(limit: Int)
    /// The CR at `offset` is not followed by LF, or the LF does not follow CR.
    case brokenLineEnd(offset: Int)
    /// No v1 line can hold this byte at `offset`.
    case unexpectedByte(UInt8, offset: Int)
    /// The line ends before the field, or two spaces follow each other.
    case missingField(Field)
    /// Not the strict text of an address of the line's family, or of a port.
    case malformedField(Field)
    /// The line goes on behind the destination port.
    case trailingText(offset: Int)

    // v2 (§2.2)

    /// The high half of byte 13 is not 2.
    case unsupportedVersion(UInt8)
    /// The low half of byte 13 is neither LOCAL nor PROXY.
    case unassignedCommand(UInt8)
    /// The high half of byte 14 is no address family.
    case unassignedFamily(UInt8)
    /// The low half of byte 14 is no transport protocol.
    case unassignedTransport(UInt8)
    /// The length is too small for the addresses of the header's family.
    case addressesTooShort(byteCount: Int, neededByteCount: Int)
    /// So many bytes are left behind the last TLV, too few for another one's type and length.
    case trailingBytes(count: Int)
    /// A TLV claims more bytes than are left in the header.
    case tlvPastEnd(type: ProxyTLVType, byteCount: Int, availableByteCount: Int)
    /// A checksum TLV that is not 4 bytes long (§2.2.3).
    case malformedChecksum(byteCount: Int)
    /// A second checksum: neither could be verified without assuming something of the other.
    case repeatedChecksum
    /// The header is damaged (§2.2.3).
    case wrongChecksum(sent: UInt32, computed: UInt32)
    /// A unique id of more than 128 bytes (§2.2.5).
    case uniqueIDTooLong(byteCount: Int)

    // Several headers in a row

    /// Another header follows after as many as the receiver takes.
    case tooManyHeaders(limit: Int)
}
