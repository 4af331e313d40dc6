// The digits that addresses, prefix lengths and ports are made of.

// MARK: - Writing

extension [UInt8] {
    /// Appends `number` in decimal.
    package mutating func append(decimal number: UInt64) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    /// Appends `number` in lower-case hexadecimal, without leading zeros.
    mutating func append(hexadecimal number: UInt16) {
        if number >= 16 { append(hexadecimal: number >> 4) }
        let digit = UInt8(truncatingIfNeeded: number & 15)
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// Upper-case hexadecimal, zero-padded to `digitCount`, or to the type's width.
    package func hexadecimal(digitCount: Int = Self.bitWidth / 4) -> String {
        let digits = String(self, radix: 16, uppercase: true)
        return String(repeating: "0", count: Swift.max(0, digitCount - digits.count)) + digits
    }
}

// MARK: - Reading

/// `position` moves past what was read.
extension Span<UInt8> {
    /// A decimal number of ASCII digits, without a sign or leading zeros.
    package func decimal(
        at position: inout Int,
        upTo limit: UInt32
    ) throws(AddressSyntaxError) -> UInt32 {
        let start = position
        var value: UInt32 = 0
        while position < count, case let digit = self[position] &- UInt8(ascii: "0"), digit < 10 {
            // At most `limit` so far, so this cannot overflow for the limits of ports and octets.
            value = value &* 10 &+ UInt32(digit)
            guard value <= limit else { throw .init(.numberTooLarge(limit: limit), at: start) }
            position += 1
        }
        guard position > start else { throw unexpected(at: start) }
        guard position == start + 1 || self[start] != UInt8(ascii: "0") else {
            throw .init(.leadingZero, at: start)
        }
        return value
    }

    /// One to four hexadecimal digits of either case.
    func hexadecimalGroup(at position: inout Int) throws(AddressSyntaxError) -> UInt16 {
        let start = position
        var value: UInt16 = 0
        while position < count, let digit = self[position].hexadecimalValue {
            guard position < start + 4 else { throw .init(.groupTooLong, at: start) }
            value = value << 4 | digit
            position += 1
        }
        guard position > start else { throw unexpected(at: start) }
        return value
    }

    /// The error for the byte at `position`, or for the end of the text there.
    func unexpected(at position: Int) -> AddressSyntaxError {
        guard position < count else {
            return .init(count == 0 ? .empty : .unexpectedEnd, at: count)
        }
        if self[position] == UInt8(ascii: "%") { return .init(.zone, at: position) }
        if self[position] >= 0x80, let character = character(at: position), character.isVisible {
            return .init(.unexpectedCharacter(character), at: position)
        }
        return .init(.unexpectedByte(self[position]), at: position)
    }

    func firstOffset(of byte: UInt8) -> Int? {
        indices.first { self[$0] == byte }
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit of either case.
    fileprivate var hexadecimalValue: UInt16? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(self &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(self &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(self &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}

extension Unicode.Scalar {
    /// Whether it has a shape of its own and no terminal interprets it.
    fileprivate var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        case .nonspacingMark, .enclosingMark, .spacingMark: false
        default: true
        }
    }
}
