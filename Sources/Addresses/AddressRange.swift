/// All addresses from one to another, both included; not bound to a CIDR block's edges.
public struct AddressRange: Hashable, Sendable {
    public let first: IPAddress
    public let last: IPAddress

    /// `nil` where the two are of different families or in the wrong order.
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

extension AddressRange: CustomStringConvertible {
    /// `192.0.2.1-192.0.2.9`.
    public var description: String { "\(first)-\(last)" }
}
