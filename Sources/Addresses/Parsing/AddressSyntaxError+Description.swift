extension AddressSyntaxError: CustomStringConvertible {
    /// The reason, in words for the text's author. The place is the caller's to print.
    public var description: String { reason.description }
}

extension AddressSyntaxError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "an address is missing"
        case .unexpectedByte(let byte): "\(Self.quoted(byte)) can't stand here"
        case .unexpectedEnd: "it ends too early"
        case .leadingZero: "a number with a leading zero is ambiguous"
        case .numberTooLarge(let limit): "the number is above \(limit)"
        case .tooFewOctets: "an IPv4 address has four numbers"
        case .tooManyOctets: "an IPv4 address has only four numbers"
        case .groupTooLong: "a group of an IPv6 address has at most four hexadecimal digits"
        case .tooFewGroups: "an IPv6 address without '::' has eight groups"
        case .tooManyGroups: "an IPv6 address has at most eight groups, '::' included"
        case .repeatedGap: "'::' may stand only once"
        case .zone: "a zone ('%') is not part of an address"
        case .netmask: "a prefix length is wanted, not a netmask"
        case .missingPrefixLength(let block): "the prefix length is missing; did you mean \(block)?"
        case .hostBits(let block): "bits are set behind the prefix; did you mean \(block)?"
        case .invertedRange: "a range goes from a lower to a higher address of the same family"
        case .missingBrackets: "an IPv6 address before a port stands in brackets: [::1]:80"
        case .missingPort: "a port is missing"
        }
    }

    /// Printable ASCII as it is; what a terminal might obey, as a number.
    private static func quoted(_ byte: UInt8) -> String {
        (0x20..<0x7f).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }
}
