/// A CIDR block: all addresses that share a network's first bits (RFC 4632, RFC 4291 §2.3).
public struct CIDRBlock: Hashable, Sendable {
    /// The network's first address; every bit after the prefix is zero.
    public let network: IPAddress
    /// The length of the prefix in bits: 0…32 for IPv4, 0…128 for IPv6.
    public let prefixLength: UInt8

    /// The block of `prefixLength` bits that contains `address`; its host bits are cleared.
    ///
    /// A `prefixLength` beyond the family's width counts as that width.
    public init(containing address: IPAddress, prefixLength: UInt8) {
        switch address {
        case .v4(let v4):
            self.prefixLength = min(prefixLength, 32)
            let mask: UInt32 = ~0 << (32 - UInt32(self.prefixLength))
            network = .v4(IPv4Address(bits: v4.bits & mask))
        case .v6(let v6):
            self.prefixLength = min(prefixLength, 128)
            let length = UInt64(self.prefixLength)
            let highMask: UInt64 = ~0 << (64 - min(length, 64))
            let lowMask: UInt64 = ~0 << (128 - max(length, 64))
            network = .v6(IPv6Address(high: v6.high & highMask, low: v6.low & lowMask))
        }
    }

    /// The block of `address` alone: a /32 or a /128.
    public init(_ address: IPAddress) {
        self.init(containing: address, prefixLength: address.family.bitWidth)
    }
}

/// The addresses of a block.
extension CIDRBlock {
    /// Every block is of one family: `0.0.0.0/0` contains no IPv6 address.
    @inlinable
    public var family: IPFamily { network.family }

    /// The bits after the prefix, all set: the block's size, less one.
    @inlinable
    public var hostMask: UInt128 {
        let hostBitCount = UInt128(family.bitWidth &- prefixLength)
        return hostBitCount == 128 ? .max : (1 << hostBitCount) &- 1
    }

    /// The lowest address: the network's own.
    @inlinable
    public var first: IPAddress { network }

    /// The highest address.
    @inlinable
    public var last: IPAddress { IPAddress(family, bits: network.bits | hostMask) }

    /// Whether `address` is in the block. An address of the other family never is; neither is an
    /// IPv4-mapped one in an IPv4 block: see ``IPAddress/unmapped``.
    @inlinable
    public func contains(_ address: IPAddress) -> Bool {
        address.family == family && address.bits & ~hostMask == network.bits
    }

    /// Whether every address of `other` is in this block; a block contains itself.
    @inlinable
    public func contains(_ other: CIDRBlock) -> Bool {
        prefixLength <= other.prefixLength && contains(other.network)
    }
}

/// IPv4 before IPv6, then by network, a block before the blocks inside it.
extension CIDRBlock: Comparable {
    @inlinable
    public static func < (a: CIDRBlock, b: CIDRBlock) -> Bool {
        a.network != b.network ? a.network < b.network : a.prefixLength < b.prefixLength
    }
}

/// `192.0.2.0/24`.
extension CIDRBlock: AddressText {
    /// Parses `network/length`.
    ///
    /// What programs disagree on is an error, never a guess: host bits, a netmask, a missing
    /// length, short forms, leading zeros. An IPv4-mapped block of 96 or more bits,
    /// `::ffff:192.0.2.0/120`, is the IPv4 block, because peers are unmapped at accept.
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

    /// Parses an address and a prefix length from two parts of `text`.
    init(
        parsing text: Span<UInt8>,
        address addressRange: Range<Int>,
        length lengthRange: Range<Int>
    ) throws(AddressSyntaxError) {
        let address = try IPAddress(parsing: text, in: addressRange)
        let length = try Self.prefixLength(text, in: lengthRange, of: address)
        self.init(mapping: address, prefixLength: length)
        let written = family == address.family ? address : address.unmapped
        guard network == written else {
            let suggestion = CIDRBlock(meantBy: address, prefixLength: length)
            throw .init(.hostBits(suggestion: suggestion), at: addressRange.lowerBound)
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
        guard !range.isEmpty else {
            let suggestion = CIDRBlock(address)
            throw .init(.missingPrefixLength(suggestion: suggestion), at: range.lowerBound)
        }
        var position = range.lowerBound
        let length = try text.decimal(at: &position, upTo: UInt32(address.family.bitWidth))
        guard position == range.upperBound else { throw text.unexpected(at: position) }
        return UInt8(truncatingIfNeeded: length)
    }

    public func write(to bytes: inout [UInt8]) {
        network.write(to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(decimal: UInt64(prefixLength))
    }
}

extension CIDRBlock {
    /// As ``init(containing:prefixLength:)``, but a block of IPv4-mapped addresses becomes IPv4.
    private init(mapping address: IPAddress, prefixLength: UInt8) {
        if prefixLength >= 96, case .v6(let v6) = address, let mapped = v6.mappedIPv4 {
            self.init(containing: .v4(mapped), prefixLength: prefixLength - 96)
        } else {
            self.init(containing: address, prefixLength: prefixLength)
        }
    }

    /// The author of `::ffff:10.0.0.0/8` counted the IPv4 address' bits.
    private init(meantBy address: IPAddress, prefixLength: UInt8) {
        if prefixLength <= 32, case .v4 = address.unmapped {
            self.init(containing: address.unmapped, prefixLength: prefixLength)
        } else {
            self.init(mapping: address, prefixLength: prefixLength)
        }
    }

    /// The block that a netmask (`255.0.0.0`) or a wildcard mask (`0.255.255.255`) means; `nil` for
    /// bits that are not a prefix.
    package init?(containing address: IPAddress, mask text: Span<UInt8>) {
        // `try?`: what is not a mask has no block.
        guard case .v4 = address, let mask = try? IPv4Address(parsing: text) else { return nil }
        let bits = mask.bits >> 31 == 1 ? mask.bits : ~mask.bits
        let length = (~bits).leadingZeroBitCount
        guard bits == ~0 << (32 - UInt32(length)) else { return nil }
        self.init(containing: address, prefixLength: UInt8(length))
    }
}
