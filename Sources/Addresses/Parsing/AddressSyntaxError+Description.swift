extension AddressSyntaxError: CustomStringConvertible {
    /// The reason, in words for the text's author. The place is the caller's to print.
    public var description: String { reason.description }
}

extension AddressSyntaxError.Reason: CustomStringConvertible {
    /// The problem, and what was probably meant.
    public var description: String {
        suggestion.map { "\(problem); did you mean \($0)?" } ?? problem
    }

    /// What is wrong.
    public var problem: String {
        switch self {
        case .empty: "an address is missing"
        case .unexpectedByte(UInt8(ascii: " ")): "unexpected space"
        case .unexpectedByte(let byte): "unexpected \(Self.quoted(byte))"
        case .unexpectedCharacter(let character):
            "unexpected '\(character)' (\(Self.codePoint(character)))"
        case .unexpectedEnd: "it ends too early"
        case .leadingZero: "a number with a leading zero is ambiguous"
        case .numberTooLarge(let limit): "the number is above \(limit)"
        case .tooFewOctets, .shortForm: "an IPv4 address has four numbers"
        case .tooManyOctets: "an IPv4 address has only four numbers"
        case .groupTooLong: "a group of an IPv6 address has at most four hexadecimal digits"
        case .tooFewGroups: "an IPv6 address without '::' has eight groups"
        case .tooManyGroups: "an IPv6 address has at most eight groups, '::' included"
        case .repeatedGap: "'::' may occur only once"
        case .zone: "a zone ('%') is not part of an address"
        case .netmask: "a netmask instead of a prefix length"
        case .missingPrefixLength: "the prefix length is missing"
        case .hostBits: "bits are set behind the prefix"
        case .invertedRange: "a range goes from a lower to a higher address of the same family"
        case .unfinishedRange: "an address has to follow the dash of a range"
        case .shortRange: "a range ends with a whole address"
        case .wordRange: "a range is written with a dash"
        case .blockRange: "a range is written with two addresses, not with blocks"
        case .blanks: "spaces in an address"
        case .trailingText(let text): "unexpected text after \(text)"
        case .wildcard: "a wildcard instead of a prefix length"
        case .port: "a port has no place here"
        case .brackets: "an address without a port has no brackets"
        case .name: "a name instead of an address"
        case .missingBrackets: "an IPv6 address before a port needs brackets: [::1]:80"
        case .missingPort: "a port is missing"
        case .missingAddress: "the address is missing"
        }
    }

    /// What was probably meant.
    public var suggestion: String? {
        switch self {
        case .hostBits(let block), .missingPrefixLength(let block), .shortForm(let block):
            "\(block)"
        case .netmask(let block), .wildcard(let block): block.map { "\($0)" }
        case .shortRange(let range), .blockRange(let range): range.map { "\($0)" }
        case .wordRange(let range): "\(range)"
        case .blanks(let text): text
        case .missingAddress(let port): "0.0.0.0:\(port)"
        default: nil
        }
    }

    /// Printable ASCII as it is; what a terminal might obey, as a number.
    private static func quoted(_ byte: UInt8) -> String {
        (0x20..<0x7f).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }

    private static func codePoint(_ character: Unicode.Scalar) -> String {
        let digits = String(character.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
