extension ProxyHeaderError: CustomStringConvertible {
    /// One or two sentences: the cause, and what to do about it.
    public var description: String {
        switch self {
        case .notAProxyHeader(let offset):
            """
            The connection does not begin with a PROXY protocol header (byte \(offset + 1) fits \
            neither version). Turn the PROXY protocol on in the load balancer, or off here.
            """
        case .headerTooLong(let byteCount, let limit):
            """
            The PROXY header is \(byteCount) bytes long; \(limit) are allowed. Send fewer TLVs, or \
            raise the limit.
            """
        case .tooManyHeaders(let limit):
            """
            More than \(limit) PROXY headers follow each other. Let fewer proxies of the chain add \
            one, or let them replace the one that they received.
            """
        case .lineTooLong, .brokenLineEnd, .unexpectedByte, .missingField, .malformedField,
            .trailingText:
            "The PROXY v1 line \(textFault). The sender does not follow the specification (§2.1)."
        case .unsupportedVersion, .unassignedCommand, .unassignedFamily, .unassignedTransport,
            .addressesTooShort:
            """
            The PROXY v2 header \(binaryFault). The sender does not follow the specification \
            (§2.2), or speaks a later version.
            """
        case .trailingBytes, .tlvPastEnd, .malformedChecksum, .repeatedChecksum, .wrongChecksum,
            .uniqueIDTooLong:
            """
            The PROXY v2 header \(tlvFault). The sender is faulty, or something between changes \
            the header; turn its TLVs off if it cannot be corrected.
            """
        }
    }

    private var textFault: String {
        switch self {
        case .lineTooLong(let limit): "does not end within \(limit) bytes"
        case .brokenLineEnd(let offset): "has a lone CR or LF at byte \(offset + 1)"
        case .unexpectedByte(let byte, let offset):
            "has byte \(ProxyTLVType(rawValue: byte)) at byte \(offset + 1)"
        case .missingField(let field): "has no \(field.rawValue) where it must stand"
        case .malformedField(let field): "has a malformed \(field.rawValue)"
        case .trailingText(let offset): "goes on behind the destination port at byte \(offset + 1)"
        default: ""
        }
    }

    private var binaryFault: String {
        switch self {
        case .unsupportedVersion(let version): "says version \(version)"
        case .unassignedCommand(let command): "has the unassigned command \(command)"
        case .unassignedFamily(let family): "has the unassigned address family \(family)"
        case .unassignedTransport(let transport): "has the unassigned transport \(transport)"
        case .addressesTooShort(let byteCount, let needed):
            "has \(byteCount) bytes where its addresses need \(needed)"
        default: ""
        }
    }

    private var tlvFault: String {
        switch self {
        case .trailingBytes(let count): "ends in \(count) bytes that are too few for a TLV"
        case .tlvPastEnd(let type, let byteCount, let available):
            "has a TLV \(type) that claims \(byteCount) bytes where \(available) are left"
        case .malformedChecksum(let byteCount): "has a checksum of \(byteCount) bytes, not 4"
        case .repeatedChecksum: "has more than one checksum"
        case .wrongChecksum: "does not match its checksum"
        case .uniqueIDTooLong(let byteCount):
            "has a unique id of \(byteCount) bytes; 128 are allowed"
        default: ""
        }
    }
}
