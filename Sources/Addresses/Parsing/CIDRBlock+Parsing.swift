extension CIDRBlock {
    /// Reads `network/length`.
    ///
    /// What others read in one way or another is a fault here, never a guess: host bits, a
    /// netmask, a missing length, short forms, leading zeros. An IPv4-mapped block of 96 or more
    /// bits, `::ffff:192.0.2.0/120`, is the IPv4 block, because peers are unmapped at accept.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        guard let slash = text.firstOffset(of: UInt8(ascii: "/")) else {
            let address = try IPAddress(parsing: text)
            throw .init(.missingPrefixLength(suggestion: CIDRBlock(address)), at: text.count)
        }
        let address = try IPAddress(parsing: text, in: 0..<slash)
        let length = try Self.prefixLength(text, from: slash + 1, of: address.family)
        self.init(mapping: address, prefixLength: length)
        guard network.bits == address.unmapped(by: self).bits else {
            throw .init(.hostBits(suggestion: self), at: 0)
        }
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    /// As ``init(containing:prefixLength:)``, but a block of IPv4-mapped addresses becomes IPv4.
    private init(mapping address: IPAddress, prefixLength: UInt8) {
        if prefixLength >= 96, case .v6(let v6) = address, let mapped = v6.mappedIPv4 {
            self.init(containing: .v4(mapped), prefixLength: prefixLength - 96)
        } else {
            self.init(containing: address, prefixLength: prefixLength)
        }
    }

    private static func prefixLength(
        _ text: Span<UInt8>,
        from start: Int,
        of family: IPFamily
    ) throws(AddressSyntaxError) -> UInt8 {
        let rest = text.extracting(start..<text.count)
        guard rest.firstOffset(of: UInt8(ascii: ".")) == nil,
            rest.firstOffset(of: UInt8(ascii: ":")) == nil
        else { throw .init(.netmask, at: start) }
        var position = start
        let length = try text.decimal(at: &position, upTo: UInt32(family.bitWidth))
        guard position == text.count else { throw text.unexpected(at: position) }
        return UInt8(truncatingIfNeeded: length)
    }
}

extension IPAddress {
    /// This address in the family of `block`, which was made of it.
    fileprivate func unmapped(by block: CIDRBlock) -> IPAddress {
        block.family == family ? self : unmapped
    }
}
