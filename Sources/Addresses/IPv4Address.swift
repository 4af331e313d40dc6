/// An IPv4 address (RFC 791).
public struct IPv4Address: Hashable, Sendable {
    /// The address as a number: `192.0.2.1` is `0xC000_0201`.
    public var bits: UInt32

    /// The address whose number is `bits`.
    @inlinable
    public init(bits: UInt32) {
        self.bits = bits
    }

    /// The address `a.b.c.d`.
    @inlinable
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }
}

extension IPv4Address: Comparable {
    @inlinable
    public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.bits < b.bits }
}

/// Dotted decimal.
extension IPv4Address: AddressText {
    /// Parses four numbers of 0…255 with dots between them, without leading zeros.
    ///
    /// - Complexity: O(1); an error is thrown after at most 15 bytes.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        var bits: UInt32 = 0
        var position = 0
        for octet in 0..<4 {
            if octet > 0 { try Self.skipDot(text, at: &position) }
            bits = bits << 8 | (try text.decimal(at: &position, upTo: 255))
        }
        guard position == text.count else {
            throw text[position] == UInt8(ascii: ".")
                ? .init(.tooManyOctets, at: position) : text.unexpected(at: position)
        }
        self.bits = bits
    }

    private static func skipDot(
        _ text: Span<UInt8>,
        at position: inout Int
    ) throws(AddressSyntaxError) {
        guard position < text.count else { throw .init(.tooFewOctets, at: position) }
        guard text[position] == UInt8(ascii: ".") else { throw text.unexpected(at: position) }
        position += 1
    }

    public func write(to bytes: inout [UInt8]) {
        for shift in stride(from: 24, through: 0, by: -8) {
            if shift < 24 { bytes.append(UInt8(ascii: ".")) }
            bytes.append(decimal: UInt64(bits >> shift & 255))
        }
    }
}
