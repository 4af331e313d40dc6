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
