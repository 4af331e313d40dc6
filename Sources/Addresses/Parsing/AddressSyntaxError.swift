/// Why a text is not an address, a block, a range or an endpoint of a connection.
///
/// Always the fault of whoever wrote the text.
public struct AddressSyntaxError: Error, Hashable, Sendable {
    /// What is wrong.
    public let reason: Reason
    /// Where: bytes from the start of the text that was to be read.
    public let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The same fault in a longer text, in which this one starts at byte `start`.
    func moved(by start: Int) -> AddressSyntaxError {
        AddressSyntaxError(reason, at: start + offset)
    }

    public enum Reason: Hashable, Sendable {
        /// There is no text at all.
        case empty
        /// No part of any address.
        case unexpectedByte(UInt8)
        /// The same beyond ASCII, where it is one that can be shown: `１`, `，`.
        case unexpectedCharacter(Unicode.Scalar)
        /// The text ends where a number or a group had to follow.
        case unexpectedEnd
        /// Some programs read `010` as ten, others as eight: so it is neither.
        case leadingZero
        /// A decimal number above `limit`: an octet, a prefix length or a port.
        case numberTooLarge(limit: UInt32)
        /// Fewer than four octets; `10.1` is not `10.0.0.1`.
        case tooFewOctets
        /// `10/8` or `10.1.` in place of a block with all its octets.
        case shortForm(suggestion: CIDRBlock)
        case tooManyOctets
        /// More than four hexadecimal digits between two colons.
        case groupTooLong
        /// Fewer than eight groups, and no `::`.
        case tooFewGroups
        /// More than eight groups, or eight beside a `::`, which stands for at least one.
        case tooManyGroups
        /// `::` twice: how many groups each stands for can't be known.
        case repeatedGap
        /// `fe80::1%eth0`: a zone means something on one host only (RFC 4007 §11).
        case zone
        /// `/255.0.0.0` or `/0.255.255.255` in place of `/8`; `nil` for bits that no prefix has.
        case netmask(suggestion: CIDRBlock?)
        /// `10.1.*.*` in place of `10.1.0.0/16`.
        case wildcard(suggestion: CIDRBlock?)
        /// A block without `/`; `suggestion` is the block of that one address.
        case missingPrefixLength(suggestion: CIDRBlock)
        /// The address lies inside the network instead of at its start: `10.1.2.3/8`.
        case hostBits(suggestion: CIDRBlock)
        /// `a-b` with `b` below `a`, or one of each family.
        case invertedRange
        /// A dash, and no address after it.
        case unfinishedRange
        /// `10.0.0.1 to 10.0.0.9`
        case wordRange(suggestion: AddressRange)
        /// `10.0.0.0/24-10.0.1.0/24`
        case blockRange(suggestion: AddressRange?)
        /// `127.0.0.1 : 3306`; with the same text without them.
        case blanks(suggestion: String)
        /// `10.0.0.0/8 office`; with what can be read.
        case trailingText(after: String)
        /// `10.0.0.1-50`
        case shortRange(suggestion: AddressRange?)
        /// `10.0.0.1:3306`, where only an address is wanted.
        case port
        /// `[2001:db8::1]`, where only an address is wanted.
        case brackets
        /// A host name, or another word.
        case name
        /// An IPv6 address before a port stands in brackets.
        case missingBrackets
        case missingPort
        /// `7080`, `:7080` or `*:7080`, where an address and a port are wanted.
        case missingAddress(port: UInt16)
    }
}
