/// Bytes as ASCII text.
extension UInt8 {
    /// The value of a hexadecimal digit, upper or lower case; `nil` for any other byte.
    @inlinable
    public var hexadecimalDigit: Int? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    /// The lower-case letter of an ASCII letter; every other byte as it is.
    @inlinable
    public var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    /// Whether it is printable ASCII other than a space.
    @inlinable
    public var isVisible: Bool { (0x21...0x7e).contains(self) }

    /// A letter, a digit or one of `-._~` (RFC 3986 §2.3).
    public var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(self)
        }
    }
}

extension [UInt8] {
    /// Appends a number in decimal digits, with leading zeros up to `width`.
    @inlinable
    public mutating func append(decimal value: some BinaryInteger, width: Int = 1) {
        if value < 0 { append(UInt8(ascii: "-")) }
        let magnitude = UInt64(value.magnitude)
        var digitCount = 1
        var beyond = magnitude / 10
        while beyond > 0 {
            digitCount += 1
            beyond /= 10
        }
        for _ in 0..<Swift.max(width, digitCount) { append(UInt8(ascii: "0")) }
        // From the last digit to the first: dividing by a constant needs no division instruction.
        var rest = magnitude
        for index in stride(from: count - 1, to: count - 1 - digitCount, by: -1) {
            self[index] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Appends the lowest `digitCount` hexadecimal digits, lower case.
    public mutating func append(hexadecimal value: some UnsignedInteger, digitCount: Int) {
        for shift in stride(from: 4 * (digitCount - 1), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 15
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

extension Span<UInt8> {
    /// A copy of the bytes in `range`.
    public func copy(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBufferPointer { bytes in unsafe Array(bytes) }
    }

    /// A copy of the bytes from `offset` on.
    public func copy(from offset: Int) -> [UInt8] { copy(offset..<count) }
}

extension [UInt8] {
    /// Appends the bytes of `span` in `range`.
    public mutating func append(_ range: Range<Int>, of span: Span<UInt8>) {
        unsafe span.extracting(range).withUnsafeBufferPointer { bytes in
            unsafe append(contentsOf: bytes)
        }
    }
}
