extension CIDRBlock {
    /// Reads `network/length`.
    ///
    /// What others read in one way or another is a fault here, never a guess: host bits, a
    /// netmask, a missing length, short forms, leading zeros. An IPv4-mapped block of 96 or more
    /// bits, `::ffff:192.0.2.0/120`, is the IPv4 block, because peers are unmapped at accept.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        do throws(AddressSyntaxError) {
            guard let slash = text.firstOffset(of: UInt8(ascii: "/")) else {
                let address = try IPAddress(parsing: text)
                throw .init(.missingPrefixLength(suggestion: CIDRBlock(address)), at: text.count)
            }
            try self.init(parsing: text, address: 0..<slash, length: slash + 1..<text.count)
        } catch {
            throw error.diagnosed(in: text)
        }
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    /// Reads an address and a prefix length from two parts of `text`.
    init(
        parsing text: Span<UInt8>,
        address addressRange: Range<Int>,
        length lengthRange: Range<Int>
    ) throws(AddressSyntaxError) {
        let address = try IPAddress(parsing: text, in: addressRange)
        let length = try Self.prefixLength(text, in: lengthRange, of: address)
        self.init(mapping: address, prefixLength: length)
        guard network.bits == address.unmapped(by: self).bits else {
            let suggestion = CIDRBlock(meantBy: address, prefixLength: length)
            throw .init(.hostBits(suggestion: suggestion), at: addressRange.lowerBound)
        }
    }

    /// As ``init(containing:prefixLength:)``, but a block of IPv4-mapped addresses becomes IPv4.
    private init(mapping address: IPAddress, prefixLength: UInt8) {
        if prefixLength >= 96, case .v6(let v6) = address, let mapped = v6.mappedIPv4 {
            self.init(containing: .v4(mapped), prefixLength: prefixLength - 96)
        } else {
            self.init(containing: address, prefixLength: prefixLength)
        }
    }

    /// Who writes `::ffff:10.0.0.0/8` counts the IPv4 address' bits.
    private init(meantBy address: IPAddress, prefixLength: UInt8) {
        if prefixLength <= 32, case .v4 = address.unmapped {
            self.init(containing: address.unmapped, prefixLength: prefixLength)
        } else {
            self.init(mapping: address, prefixLength: prefixLength)
        }
    }

    private static func prefixLength(
        _ text: Span<UInt8>,
        in range: Range<Int>,
        of address: IPAddress
    ) throws(AddressSyntaxError) -> UInt8 {
        let rest = text.extracting(range)
        guard rest.firstOffset(of: UInt8(ascii: ".")) == nil,
            rest.firstOffset(of: UInt8(ascii: ":")) == nil
        else {
            let suggestion = CIDRBlock(containing: address, mask: rest)
            throw .init(.netmask(suggestion: suggestion), at: range.lowerBound)
        }
        var position = range.lowerBound
        let length = try text.decimal(at: &position, upTo: UInt32(address.family.bitWidth))
        guard position == range.upperBound else { throw text.unexpected(at: position) }
        return UInt8(truncatingIfNeeded: length)
    }
}

extension CIDRBlock {
    /// The block that a netmask (`255.0.0.0`) or a wildcard mask (`0.255.255.255`) means; `nil` for
    /// bits that no prefix has.
    package init?(containing address: IPAddress, mask text: Span<UInt8>) {
        // `try?`: what is no mask has no block.
        guard case .v4 = address, let mask = try? IPv4Address(parsing: text) else { return nil }
        let bits = mask.bits >> 31 == 1 ? mask.bits : ~mask.bits
        let length = (~bits).leadingZeroBitCount
        guard bits == ~0 << (32 - UInt32(length)) else { return nil }
        self.init(containing: address, prefixLength: UInt8(length))
    }
}

extension IPAddress {
    /// This address in the family of `block`, which was made of it.
    fileprivate func unmapped(by block: CIDRBlock) -> IPAddress {
        block.family == family ? self : unmapped
    }
}
