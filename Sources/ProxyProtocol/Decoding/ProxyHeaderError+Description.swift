extension ProxyHeaderError: CustomStringConvertible {
    /// Two sentences: the cause, and what to do about it.
    public var description: String { "\(cause) \(remedy)" }

    private var cause: String {
        switch self {
        case .notAProxyHeader(let offset):
            "The connection does not begin with a PROXY header: byte \(offset + 1) fits neither "
                + "version."
        case .headerTooLong(let byteCount, let limit):
            "The PROXY header is \(byteCount) bytes long; \(limit) are allowed."
        case .lineTooLong(let limit):
            "The PROXY v1 line does not end within \(limit) bytes."
        case .brokenLineEnd(let offset):
            "The PROXY v1 line has a lone CR or LF at byte \(offset + 1)."
        case .unexpectedByte(let value, let offset):
            "The PROXY v1 line cannot hold \(hexadecimal(value)) at byte \(offset + 1)."
        case .missingField(let field):
            "The PROXY v1 line has no \(field.rawValue) where it must stand."
        case .malformedField(let field):
            "The PROXY v1 line's \(field.rawValue) is malformed."
        case .trailingText(let offset):
            "The PROXY v1 line goes on behind the destination port, at byte \(offset + 1)."
        case .unsupportedVersion(let version):
            "The binary PROXY header says version \(version), not 2."
        case .unassignedCommand(let command):
            "The PROXY v2 header's command, \(command), is not assigned."
        case .unassignedFamily(let family):
            "The PROXY v2 header's address family, \(family), is not assigned."
        case .unassignedTransport(let transport):
            "The PROXY v2 header's transport, \(transport), is not assigned."
        case .addressesTooShort(let byteCount, let needed):
            "The PROXY v2 header has \(byteCount) bytes where its addresses need \(needed)."
        case .trailingBytes(let count):
            "The PROXY v2 header's TLVs end in \(count) bytes, too few for another TLV."
        case .tlvPastEnd(let type, let byteCount, let available):
            "The PROXY v2 header's TLV \(type) claims \(byteCount) bytes where \(available) are "
                + "left."
        case .malformedChecksum(let byteCount):
            "The PROXY v2 header's checksum has \(byteCount) bytes, not 4."
        case .repeatedChecksum:
            "The PROXY v2 header has more than one checksum."
        case .wrongChecksum(let sent, let computed):
            "The PROXY v2 header's checksum is \(hexadecimal(sent)), but its bytes give "
                + "\(hexadecimal(computed))."
        case .uniqueIDTooLong(let byteCount):
            "The PROXY v2 header's unique id has \(byteCount) bytes; 128 are allowed."
        case .tooManyHeaders(let limit):
            "More than \(limit) PROXY headers follow each other."
        }
    }

    private var remedy: String {
        switch self {
        case .notAProxyHeader:
            "Turn the PROXY protocol on in the load balancer, or off on this listener."
        case .headerTooLong:
            "Let the load balancer send fewer TLVs, or raise the limit."
        case .tooManyHeaders:
            "Let fewer proxies of the chain add one, or let them replace the one they received."
        case .wrongChecksum:
            "Something between the sender and here changes the header; find it."
        case .lineTooLong, .brokenLineEnd, .unexpectedByte, .missingField, .malformedField,
            .trailingText:
            "Correct the sender (PROXY protocol §2.1), or let it send version 2."
        case .unsupportedVersion, .unassignedCommand, .unassignedFamily, .unassignedTransport,
            .addressesTooShort:
            "Correct the sender (PROXY protocol §2.2), or let it send version 1."
        case .trailingBytes, .tlvPastEnd, .malformedChecksum, .repeatedChecksum, .uniqueIDTooLong:
            "Correct the sender (PROXY protocol §2.2), or turn its TLVs off."
        }
    }
}

/// `0x0D`; as many digits as the number's type has.
private func hexadecimal(_ number: some UnsignedInteger & FixedWidthInteger) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: number.bitWidth / 4 - digits.count) + digits
}
