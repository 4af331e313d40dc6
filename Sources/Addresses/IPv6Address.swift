/// An IPv6 address (RFC 4291), without a zone.
public struct IPv6Address: Hashable, Sendable {
    /// Bits 127…64: the network half of an ordinary unicast address.
    public var high: UInt64
    /// Bits 63…0.
    public var low: UInt64

    /// The address whose halves are `high` and `low`.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The address whose number is `bits`.
    @inlinable
    public init(bits: UInt128) {
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    /// The address as a number.
    @inlinable
    public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// The IPv4 address inside an IPv4-mapped address, `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
    @inlinable
    public var mappedIPv4: IPv4Address? {
        guard high == 0, low >> 32 == 0xffff else { return nil }
        return IPv4Address(bits: UInt32(truncatingIfNeeded: low))
    }
}

extension IPv6Address: Comparable {
    @inlinable
    public static func < (a: IPv6Address, b: IPv6Address) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}

/// Every form of RFC 4291 §2.2 is parsed; the recommended one of RFC 5952 is written.
extension IPv6Address: AddressText {
    /// Parses eight groups, at most one `::`, and the last 32 bits also in dotted decimal; letters
    /// of either case. A zone is an error.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        var groups = Groups()
        var position = 0
        if text.isColon(at: 0), text.isColon(at: 1) {
            try groups.appendGap(at: &position)
        }
        while position < text.count {
            try groups.append(from: text, at: &position)
            guard position < text.count else { break }
            try groups.appendSeparator(from: text, at: &position)
        }
        self.init(bits: try groups.bits(endingAt: position))
    }

    /// Appends the recommended text; an IPv4-mapped address ends in dotted decimal (RFC 5952 §5).
    public func write(to bytes: inout [UInt8]) {
        guard let mappedIPv4 else { return writeGroups(to: &bytes) }
        bytes.append(contentsOf: "::ffff:".utf8)
        mappedIPv4.write(to: &bytes)
    }

    /// Appends the address in hexadecimal groups only: lower case, no leading zeros, the first of
    /// the longest runs of zero groups as `::` (RFC 5952 §4).
    public func writeGroups(to bytes: inout [UInt8]) {
        let gap = longestZeroRun
        for index in 0..<8 where index <= gap.lowerBound || index >= gap.upperBound {
            if index == gap.lowerBound {
                bytes.append(UInt8(ascii: ":"))
                if gap.upperBound == 8 { bytes.append(UInt8(ascii: ":")) }
            } else {
                if index > 0 { bytes.append(UInt8(ascii: ":")) }
                bytes.append(hexadecimal: group(index))
            }
        }
    }

    /// Empty, and beyond the last group, unless two zero groups stand side by side (RFC 5952
    /// §4.2.2).
    private var longestZeroRun: Range<Int> {
        var longest = 8..<8
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 { start = index + 1 }
            if index + 1 - start > max(longest.count, 1) { longest = start..<index + 1 }
        }
        return longest
    }

    /// The 16 bits at `index`, 0…7 from the left.
    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
    }
}

/// The groups parsed so far.
private struct Groups {
    /// All groups in a row, the last one lowest, without those that `::` stands for.
    private var digits: UInt128 = 0
    private var count = 0
    /// The number of groups before `::`.
    private var countBeforeGap: Int?

    /// Parses one group, or the dotted decimal that ends the address.
    mutating func append(
        from text: Span<UInt8>,
        at position: inout Int
    ) throws(AddressSyntaxError) {
        let start = position
        let group = try text.hexadecimalGroup(at: &position)
        if position < text.count, text[position] == UInt8(ascii: ".") {
            let tail = try Self.dottedDecimal(text, from: start)
            try append(UInt128(tail.bits), groupCount: 2, at: start)
            position = text.count
        } else {
            try append(UInt128(group), groupCount: 1, at: start)
        }
    }

    private mutating func append(
        _ bits: UInt128,
        groupCount: Int,
        at start: Int
    ) throws(AddressSyntaxError) {
        count += groupCount
        guard count <= (countBeforeGap == nil ? 8 : 7) else {
            throw .init(.tooManyGroups, at: start)
        }
        digits = digits << (16 * groupCount) | bits
    }

    private static func dottedDecimal(
        _ text: Span<UInt8>,
        from start: Int
    ) throws(AddressSyntaxError) -> IPv4Address {
        do {
            return try IPv4Address(parsing: text.extracting(start..<text.count))
        } catch {
            throw error.moved(by: start)
        }
    }

    /// Parses a `:` that another group follows, or `::`.
    mutating func appendSeparator(
        from text: Span<UInt8>,
        at position: inout Int
    ) throws(AddressSyntaxError) {
        guard text.isColon(at: position) else { throw text.unexpected(at: position) }
        if text.isColon(at: position + 1) { return try appendGap(at: &position) }
        position += 1
        guard position < text.count else { throw text.unexpected(at: position) }
    }

    mutating func appendGap(at position: inout Int) throws(AddressSyntaxError) {
        guard countBeforeGap == nil else { throw .init(.repeatedGap, at: position) }
        guard count < 8 else { throw .init(.tooManyGroups, at: position) }
        countBeforeGap = count
        position += 2
    }

    /// The whole address, with zeros for `::`.
    func bits(endingAt end: Int) throws(AddressSyntaxError) -> UInt128 {
        guard let countBeforeGap else {
            guard count == 8 else { throw .init(end == 0 ? .empty : .tooFewGroups, at: end) }
            return digits
        }
        let tailWidth = 16 * (count - countBeforeGap)
        let head = digits >> tailWidth
        let tail = digits & ~(UInt128.max << tailWidth)
        return head << (128 - 16 * countBeforeGap) | tail
    }
}

extension Span<UInt8> {
    fileprivate func isColon(at position: Int) -> Bool {
        position < count && self[position] == UInt8(ascii: ":")
    }
}
