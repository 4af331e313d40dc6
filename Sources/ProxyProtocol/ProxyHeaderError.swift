import Addresses

/// Why a peer's bytes are not a PROXY protocol header.
///
/// Always the peer's error; abort the connection (§2.1, §2.2). A short read is not an error: it is
/// ``ProxyHeader/Decoding/incomplete(missingByteCount:)``. Offsets count from 0.
public enum ProxyHeaderError: Error, Hashable, Sendable {
    /// A field of a v1 line.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        case sourceAddress = "source address"
        case destinationAddress = "destination address"
        case sourcePort = "source port"
        case destinationPort = "destination port"
    }

    /// The byte at `offset` is the first that matches neither signature.
    case notAProxyHeader(offset: Int)
    /// The header is longer than the receiver accepts. Both are bytes, signature included.
    case headerTooLong(byteCount: Int, limit: Int)

    // v1 (§2.1)

    /// No CRLF within `limit` bytes.
    case lineTooLong(limit: Int)
    /// The CR at `offset` is not followed by LF, or the LF is not preceded by CR.
    case brokenLineEnd(offset: Int)
    /// No v1 line can have this byte at `offset`.
    case unexpectedByte(UInt8, offset: Int)
    /// The line ends before the field, or two spaces follow each other.
    case missingField(Field)
    /// Not the strict text of an address of the line's family, or of a port.
    case malformedField(Field)
    /// The line continues after the destination port.
    case trailingText(offset: Int)

    // v2 (§2.2)

    /// The high half of byte 13 is not 2.
    case unsupportedVersion(UInt8)
    /// The low half of byte 13 is neither LOCAL nor PROXY.
    case unassignedCommand(UInt8)
    /// The high half of byte 14 is not an address family.
    case unassignedFamily(UInt8)
    /// The low half of byte 14 is not a transport protocol.
    case unassignedTransport(UInt8)
    /// The length is too small for the addresses of the header's family.
    case addressesTooShort(byteCount: Int, neededByteCount: Int)
    /// This many bytes are left after the last TLV, too few for the type and length of another.
    case trailingBytes(count: Int)
    /// A TLV claims more bytes than are left in the header.
    case tlvPastEnd(type: ProxyTLVType, byteCount: Int, availableByteCount: Int)
    /// A checksum TLV that is not 4 bytes long (§2.2.3).
    case malformedChecksum(byteCount: Int)
    /// A second checksum: neither can be verified without assuming something about the other.
    case repeatedChecksum
    /// The header is damaged (§2.2.3).
    case wrongChecksum(sent: UInt32, computed: UInt32)
    /// A unique ID of more than 128 bytes (§2.2.5).
    case uniqueIDTooLong(byteCount: Int)

    // Several headers in a row

    /// Another header follows after as many as the receiver accepts.
    case tooManyHeaders(limit: Int)
}

// MARK: - In words

extension ProxyHeaderError: CustomStringConvertible {
    /// Two sentences: the cause, and what to do about it.
    public var description: String { "\(cause) \(remedy)" }

    private var cause: String {
        switch self {
        case .notAProxyHeader(let offset):
            "The connection does not start with a PROXY header: byte \(offset + 1) matches neither "
                + "version."
        case .headerTooLong(let byteCount, let limit):
            "The PROXY header is \(byteCount) bytes long, more than the limit of \(limit)."
        case .lineTooLong(let limit):
            "The PROXY v1 line does not end within \(limit) bytes."
        case .brokenLineEnd(let offset):
            "The PROXY v1 line has a CR or LF that is not part of a CRLF at byte \(offset + 1)."
        case .unexpectedByte(let value, let offset):
            "The PROXY v1 line has an invalid byte, 0x\(value.hexadecimal()), at byte "
                + "\(offset + 1)."
        case .missingField(let field):
            "The PROXY v1 line has no \(field.rawValue)."
        case .malformedField(let field):
            "The PROXY v1 line has an invalid \(field.rawValue)."
        case .trailingText(let offset):
            "The PROXY v1 line continues after the destination port, at byte \(offset + 1)."
        case .unsupportedVersion(let version):
            "The binary PROXY header has version \(version), not 2."
        case .unassignedCommand(let command):
            "The PROXY v2 header has an unknown command, \(command)."
        case .unassignedFamily(let family):
            "The PROXY v2 header has an unknown address family, \(family)."
        case .unassignedTransport(let transport):
            "The PROXY v2 header has an unknown transport, \(transport)."
        case .addressesTooShort(let byteCount, let needed):
            "The PROXY v2 header has \(byteCount) bytes for its addresses, which need \(needed)."
        case .trailingBytes(let count):
            "The PROXY v2 header ends in a truncated TLV: type and length take 3 bytes, but "
                + "only \(count) \(count == 1 ? "is" : "are") left."
        case .tlvPastEnd(let type, let byteCount, let available):
            "The PROXY v2 header's TLV \(type) has length \(byteCount), but only \(available) bytes "
                + "are left."
        case .malformedChecksum(let byteCount):
            "The PROXY v2 header's checksum has \(byteCount) bytes, not 4."
        case .repeatedChecksum:
            "The PROXY v2 header has more than one checksum."
        case .wrongChecksum(let sent, let computed):
            "The PROXY v2 header's checksum is 0x\(sent.hexadecimal()), but 0x"
                + "\(computed.hexadecimal()) was computed."
        case .uniqueIDTooLong(let byteCount):
            "The PROXY v2 header's unique ID is \(byteCount) bytes long, more than the limit of 128."
        case .tooManyHeaders(let limit):
            "The connection starts with more than \(limit) PROXY headers."
        }
    }

    private var remedy: String {
        switch self {
        case .notAProxyHeader:
            "Enable the PROXY protocol on the load balancer, or disable it on this listener."
        case .headerTooLong:
            "Configure the load balancer to send fewer TLVs, or raise the limit."
        case .tooManyHeaders:
            "Configure the proxies in the chain to replace the header that they receive."
        case .wrongChecksum:
            "Find out what changes the header on its way from the sender."
        case .lineTooLong, .brokenLineEnd, .unexpectedByte, .missingField, .malformedField,
            .trailingText:
            "Fix the sender (PROXY protocol §2.1), or configure it to send version 2."
        case .unsupportedVersion, .unassignedCommand, .unassignedFamily, .unassignedTransport,
            .addressesTooShort:
            "Fix the sender (PROXY protocol §2.2), or configure it to send version 1."
        case .trailingBytes, .tlvPastEnd, .malformedChecksum, .repeatedChecksum, .uniqueIDTooLong:
            "Fix the sender (PROXY protocol §2.2), or disable its TLVs."
        }
    }
}
