/// Why a text is not an address, a block, a range or a socket address.
///
/// Always the error of the text's author.
public struct AddressSyntaxError: Error, Hashable, Sendable {
    /// What is wrong.
    public let reason: Reason
    /// Where: bytes from the start of the text.
    public let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The same error in a longer text, in which this one starts at byte `start`.
    func moved(by start: Int) -> AddressSyntaxError {
        AddressSyntaxError(reason, at: start + offset)
    }

    public enum Reason: Hashable, Sendable {
        /// There is no text at all.
        case empty
        /// Not part of any address.
        case unexpectedByte(UInt8)
        /// The same beyond ASCII, if it can be shown: `１`, `，`.
        case unexpectedCharacter(Unicode.Scalar)
        /// The text ends before a number or a group.
        case unexpectedEnd
        /// Some programs read `010` as ten, others as eight.
        case leadingZero
        /// A decimal number above `limit`: an octet, a prefix length or a port.
        case numberTooLarge(limit: UInt32)
        /// Fewer than four octets; `10.1` is not `10.0.0.1`.
        case tooFewOctets
        /// `10/8` or `10.1.` instead of a block with all its octets.
        case shortForm(suggestion: CIDRBlock)
        case tooManyOctets
        /// More than four hexadecimal digits between two colons.
        case groupTooLong
        /// Fewer than eight groups, and no `::`.
        case tooFewGroups
        /// More than eight groups, or eight in addition to a `::`, which stands for at least one.
        case tooManyGroups
        /// `::` twice: how many groups each of them stands for is unknown.
        case repeatedGap
        /// `fe80::1%eth0`: a zone means something on one host only (RFC 4007 §11).
        case zone
        /// `/255.0.0.0` or `/0.255.255.255` instead of `/8`; `nil` for bits that are not a prefix.
        case netmask(suggestion: CIDRBlock?)
        /// `10.1.*.*` instead of `10.1.0.0/16`.
        case wildcard(suggestion: CIDRBlock?)
        /// A block without a length after `/`; `suggestion` is the block of that one address.
        case missingPrefixLength(suggestion: CIDRBlock)
        /// The address is inside the network instead of at its start: `10.1.2.3/8`.
        case hostBits(suggestion: CIDRBlock)
        /// `a-b` with `b` below `a`, or one of each family.
        case invertedRange
        /// A dash with no address after it.
        case unfinishedRange
        /// `10.0.0.1 to 10.0.0.9`
        case wordRange(suggestion: AddressRange)
        /// `10.0.0.0/24-10.0.1.0/24`
        case blockRange(suggestion: AddressRange?)
        /// `127.0.0.1 : 3306`; with the same text without them.
        case blanks(suggestion: String)
        /// `10.0.0.0/8 office`; with the part that can be parsed.
        case trailingText(after: String)
        /// `10.0.0.1-50`
        case shortRange(suggestion: AddressRange?)
        /// `10.0.0.1:3306`, if only an address is wanted.
        case port
        /// `[2001:db8::1]`, if only an address is wanted.
        case brackets
        /// A host name, or another word.
        case name
        /// An IPv6 address before a port, without brackets.
        case missingBrackets
        case missingPort
        /// `7080`, `:7080` or `*:7080`, if an address and a port are wanted.
        case missingAddress(port: UInt16)
    }
}

// MARK: - In words

extension AddressSyntaxError: CustomStringConvertible {
    /// The reason, for the text's author. The caller knows where the text is from.
    public var description: String { reason.description }
}

extension AddressSyntaxError.Reason: CustomStringConvertible {
    /// The problem, and what to do about it.
    public var description: String { "\(problem) (\(remedy))" }

    /// What is wrong.
    public var problem: String {
        switch self {
        case .empty: "missing address"
        case .unexpectedByte(UInt8(ascii: " ")): "unexpected space"
        case .unexpectedByte(let byte): "unexpected \(Self.quoted(byte))"
        case .unexpectedCharacter(let character):
            "unexpected '\(character)' (U+\(character.value.hexadecimal(digitCount: 4)))"
        case .unexpectedEnd: "the address is incomplete"
        case .leadingZero: "a number with a leading zero is ambiguous"
        case .numberTooLarge(let limit): "the number is greater than \(limit)"
        case .tooFewOctets, .shortForm: "an IPv4 address has four numbers"
        case .tooManyOctets: "an IPv4 address has only four numbers"
        case .groupTooLong: "a group of an IPv6 address has at most four hexadecimal digits"
        case .tooFewGroups: "an IPv6 address without '::' has eight groups"
        case .tooManyGroups: "an IPv6 address has at most eight groups, including '::'"
        case .repeatedGap: "'::' may occur only once"
        case .zone: "a zone ('%') is not part of an address"
        case .netmask: "a netmask instead of a prefix length"
        case .missingPrefixLength: "missing prefix length"
        case .hostBits: "host bits are set"
        case .invertedRange: "the range does not go from a lower to a higher address"
        case .unfinishedRange: "missing address after the dash"
        case .shortRange: "a range ends with a whole address"
        case .wordRange: "a range is written with a dash"
        case .blockRange: "a range is written with two addresses, not with blocks"
        case .blanks: "spaces in an address"
        case .trailingText(let text): "unexpected text after \(text)"
        case .wildcard: "a wildcard instead of a prefix length"
        case .port: "a port is not allowed here"
        case .brackets: "an address without a port has no brackets"
        case .name: "a name instead of an address"
        case .missingBrackets: "an IPv6 address before a port needs brackets"
        case .missingPort: "missing port"
        case .missingAddress: "missing address"
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

    /// What to do about it.
    public var remedy: String { suggestion.map { "did you mean \($0)?" } ?? instruction }

    /// What to do if it is unknown what was meant.
    private var instruction: String {
        switch self {
        case .unexpectedByte(let byte) where byte.isAddressText: "remove it"
        case .unexpectedByte, .unexpectedCharacter:
            "addresses contain only digits, a-f, '.', ':' and '/'"
        case .leadingZero: "remove the zero"
        case .numberTooLarge(limit: 255): "each of the four numbers is 0 to 255"
        case .numberTooLarge(limit: UInt32(UInt16.max)): "a port is 0 to 65535"
        case .numberTooLarge(let limit): "a prefix length is 0 to \(limit)"
        case .tooFewOctets, .shortForm: "write all four, e.g. 192.0.2.1"
        case .groupTooLong: "separate groups by ':', e.g. 2001:db8::1"
        case .tooFewGroups: "write all eight, or '::' for zeros, e.g. 2001:db8::1"
        case .tooManyOctets, .tooManyGroups: "remove the others"
        case .repeatedGap: "write one of them as groups of zeros"
        case .zone: "remove it and what follows"
        case .netmask, .wildcard, .missingPrefixLength, .hostBits:
            "write a prefix length, e.g. 192.0.2.0/24"
        case .invertedRange: "write the lower one first; both must be of the same family"
        case .unfinishedRange, .shortRange, .wordRange, .blockRange:
            "write the first and the last address, e.g. 192.0.2.1-192.0.2.9"
        case .trailingText, .port, .blanks: "remove it"
        case .brackets: "remove them"
        case .missingBrackets: "e.g. [2001:db8::1]:9030"
        case .missingPort: "add one, e.g. 192.0.2.1:9030 or [2001:db8::1]:9030"
        case .empty, .name, .missingAddress: "write an address, e.g. 192.0.2.1 or 2001:db8::1"
        case .unexpectedEnd: "write all of it, e.g. 192.0.2.1 or 2001:db8::1"
        }
    }

    /// Printable ASCII as it is; what a terminal might interpret, as a number.
    private static func quoted(_ byte: UInt8) -> String {
        (0x20..<0x7f).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(byte.hexadecimal())"
    }
}

extension UInt8 {
    /// Whether addresses, blocks or ports contain this byte.
    fileprivate var isAddressText: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: ":"),
            UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
