/// All addresses from one to another, both included; not bound to a CIDR block's edges.
public struct AddressRange: Hashable, Sendable {
    public let first: IPAddress
    public let last: IPAddress

    /// `nil` if the two are of different families or in the wrong order.
    public init?(from first: IPAddress, through last: IPAddress) {
        guard first.family == last.family, first <= last else { return nil }
        self.first = first
        self.last = last
    }

    public init(_ block: CIDRBlock) {
        first = block.first
        last = block.last
    }

    /// The fewest blocks that together hold exactly these addresses, in ascending order: at most
    /// 62 for IPv4 and 254 for IPv6.
    public var blocks: [CIDRBlock] {
        var blocks: [CIDRBlock] = []
        var start: IPAddress? = first
        while let address = start {
            let block = largestBlock(startingAt: address)
            blocks.append(block)
            let end = block.last
            start = end < last ? IPAddress(end.family, bits: end.bits &+ 1) : nil
        }
        return blocks
    }

    /// As large as `address`' trailing zeros and the range's end allow.
    private func largestBlock(startingAt address: IPAddress) -> CIDRBlock {
        let width = Int(address.family.bitWidth)
        let aligned = min(address.bits.trailingZeroBitCount, width)
        let (count, isWholeSpace) = (last.bits &- address.bits).addingReportingOverflow(1)
        let fitting = isWholeSpace ? width : 127 - count.leadingZeroBitCount
        let hostBitCount = min(aligned, fitting)
        return CIDRBlock(containing: address, prefixLength: UInt8(clamping: width - hostBitCount))
    }
}

/// `192.0.2.1-192.0.2.9`.
extension AddressRange: AddressText {
    /// Parses `first-last`, `network/length`, or one address.
    ///
    /// Blanks are allowed around the dash and the slash, and any of Unicode's dashes in place of
    /// the hyphen. IPv4-mapped addresses become IPv4, as their peers do at accept.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        do throws(AddressSyntaxError) {
            try self.init(undiagnosed: text)
        } catch {
            throw error.diagnosed(in: text)
        }
    }

    /// The same, with the error as it was met: nothing is concluded about what was meant.
    init(undiagnosed text: Span<UInt8>) throws(AddressSyntaxError) {
        if let dash = text.indices.first(where: { text.dashLength(at: $0) > 0 }) {
            try self.init(undiagnosed: text, dash: dash)
        } else if let slash = text.firstOffset(of: UInt8(ascii: "/")) {
            let end = text.skippingBlanks(backTo: 0, from: slash)
            let start = text.skippingBlanks(from: slash + 1)
            self.init(try CIDRBlock(parsing: text, address: 0..<end, length: start..<text.count))
        } else {
            self.init(CIDRBlock(try IPAddress(parsing: text).unmapped))
        }
    }

    private init(undiagnosed text: Span<UInt8>, dash: Int) throws(AddressSyntaxError) {
        let end = text.skippingBlanks(backTo: 0, from: dash)
        let start = text.skippingBlanks(from: dash + text.dashLength(at: dash))
        guard start < text.count, text[start].mayBeginAddress else {
            throw .init(.unfinishedRange, at: start)
        }
        let first = try IPAddress(parsing: text, in: 0..<end).unmapped
        let last = try IPAddress(parsing: text, in: start..<text.count).unmapped
        guard let range = AddressRange(from: first, through: last) else {
            throw .init(.invertedRange, at: 0)
        }
        self = range
    }

    public func write(to bytes: inout [UInt8]) {
        first.write(to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        last.write(to: &bytes)
    }
}

extension UInt8 {
    /// A hexadecimal digit or a colon; also a byte beyond ASCII, so that the error names it.
    fileprivate var mayBeginAddress: Bool {
        self >= 0x80 || self == UInt8(ascii: ":") || Character(Unicode.Scalar(self)).isHexDigit
    }
}
