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
        /// This byte can't stand here.
        case unexpectedByte(UInt8)
        /// The text ends where a number or a group had to follow.
        case unexpectedEnd
        /// Some programs read `010` as ten, others as eight: so it is neither.
        case leadingZero
        /// A decimal number above `limit`: an octet, a prefix length or a port.
        case numberTooLarge(limit: UInt32)
        /// Fewer than four octets; `10.1` is not `10.0.0.1`, and `10/8` not `10.0.0.0/8`.
        case tooFewOctets
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
        /// `/255.0.0.0` in place of `/8`.
        case netmask
        /// A block without `/`; `suggestion` is the block of that one address.
        case missingPrefixLength(suggestion: CIDRBlock)
        /// The address lies inside the network instead of at its start: `10.1.2.3/8`.
        case hostBits(suggestion: CIDRBlock)
        /// `a-b` with `b` below `a`, or one of each family.
        case invertedRange
        /// An IPv6 address before a port stands in brackets.
        case missingBrackets
        case missingPort
    }
}
