/// The two kinds of IP address. No block of one contains an address of the other.
public enum IPFamily: String, Hashable, Sendable, CaseIterable {
    case v4 = "IPv4"
    case v6 = "IPv6"

    /// The width of an address in bits: 32 or 128.
    @inlinable
    public var bitWidth: UInt8 { self == .v4 ? 32 : 128 }
}

extension IPFamily: Comparable {
    @inlinable
    public static func < (a: IPFamily, b: IPFamily) -> Bool { a == .v4 && b == .v6 }
}

extension IPFamily: CustomStringConvertible {
    /// `IPv4` or `IPv6`.
    public var description: String { rawValue }
}

/// An IPv4 or an IPv6 address.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// The address of `family` whose number is `bits`; bits beyond the family's width are dropped.
    @inlinable
    public init(_ family: IPFamily, bits: UInt128) {
        switch family {
        case .v4: self = .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits)))
        case .v6: self = .v6(IPv6Address(bits: bits))
        }
    }

    @inlinable
    public var family: IPFamily {
        if case .v4 = self { .v4 } else { .v6 }
    }

    /// The address as a number.
    @inlinable
    public var bits: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.bits)
        case .v6(let address): address.bits
        }
    }

    /// The same address, with an IPv4-mapped IPv6 address turned into the IPv4 one.
    ///
    /// A dual-stack socket reports its IPv4 peers as mapped addresses. They are unmapped once, at
    /// accept, so that no rule has to consider them.
    @inlinable
    public var unmapped: IPAddress {
        if case .v6(let address) = self, let mapped = address.mappedIPv4 { return .v4(mapped) }
        return self
    }

    /// Whether it is in 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1 (RFC 4291 §2.5.3).
    public var isLoopback: Bool {
        switch self {
        case .v4(let v4): v4.bits >> 24 == 127
        case .v6(let v6): v6.bits == 1
        }
    }
}

/// IPv4 before IPv6, then by number.
extension IPAddress: Comparable {
    @inlinable
    public static func < (a: IPAddress, b: IPAddress) -> Bool {
        switch (a, b) {
        case (.v4(let a), .v4(let b)): a < b
        case (.v6(let a), .v6(let b)): a < b
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

extension IPAddress: AddressText {
    /// Parses an address of either family; a colon makes it IPv6.
    ///
    /// `::ffff:192.0.2.1` stays IPv6: see ``unmapped``.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        self =
            text.firstOffset(of: UInt8(ascii: ":")) == nil
            ? .v4(try IPv4Address(parsing: text)) : .v6(try IPv6Address(parsing: text))
    }

    /// Parses the part of `text` in `range`; an error's offset counts from the start of `text`.
    init(
        parsing text: Span<UInt8>,
        in range: Range<Int>
    ) throws(AddressSyntaxError) {
        do {
            try self.init(parsing: text.extracting(range))
        } catch {
            throw error.moved(by: range.lowerBound)
        }
    }

    public func write(to bytes: inout [UInt8]) {
        switch self {
        case .v4(let address): address.write(to: &bytes)
        case .v6(let address): address.write(to: &bytes)
        }
    }
}
