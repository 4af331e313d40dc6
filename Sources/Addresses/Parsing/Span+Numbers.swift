/// What the texts of this module are made of. `position` moves behind what was read.
extension Span<UInt8> {
    /// A decimal number without sign or leading zero; digits of Unicode beyond ASCII are none.
    func decimal(
        at position: inout Int,
        upTo limit: UInt32
    ) throws(AddressSyntaxError) -> UInt32 {
        let start = position
        var value: UInt32 = 0
        while position < count, case let digit = self[position] &- UInt8(ascii: "0"), digit < 10 {
            // At most `limit` so far, so this can't overflow for the limits of ports and octets.
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

    /// One to four hexadecimal digits, of either case.
    func hexadecimalGroup(at position: inout Int) throws(AddressSyntaxError) -> UInt16 {
        let start = position
        var value: UInt16 = 0
        while position < count, let digit = self[position].hexadecimalDigit {
            guard position < start + 4 else { throw .init(.groupTooLong, at: start) }
            value = value << 4 | digit
            position += 1
        }
        guard position > start else { throw unexpected(at: start) }
        return value
    }

    /// The fault of what stands, or fails to stand, at `position`.
    func unexpected(at position: Int) -> AddressSyntaxError {
        guard position < count else {
            return .init(count == 0 ? .empty : .unexpectedEnd, at: count)
        }
        if self[position] == UInt8(ascii: "%") { return .init(.zone, at: position) }
        if self[position] >= 0x80, let character = character(at: position), character.isShown {
            return .init(.unexpectedCharacter(character), at: position)
        }
        return .init(.unexpectedByte(self[position]), at: position)
    }

    func firstOffset(of byte: UInt8) -> Int? {
        indices.first { self[$0] == byte }
    }
}

extension Unicode.Scalar {
    /// Whether it has a shape of its own, and no terminal obeys it.
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        case .nonspacingMark, .enclosingMark, .spacingMark: false
        default: true
        }
    }
}

extension UInt8 {
    fileprivate var hexadecimalDigit: UInt16? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(self &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(self &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(self &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}
