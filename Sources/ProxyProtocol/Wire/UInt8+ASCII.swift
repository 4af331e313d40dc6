/// The ASCII characters of which a v1 line is made (§2.1).
extension UInt8 {
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let dot = UInt8(ascii: ".")
    static let colon = UInt8(ascii: ":")
    static let hyphen = UInt8(ascii: "-")

    /// The value of a decimal digit.
    var decimalDigit: UInt32? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            ? UInt32(self - UInt8(ascii: "0")) : nil
    }

    /// The value of a hexadecimal digit, upper or lower case.
    var hexadecimalDigit: UInt128? {
        if let decimalDigit { return UInt128(decimalDigit) }
        let lowered = self | 0x20
        guard (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(lowered) else { return nil }
        return UInt128(lowered - UInt8(ascii: "a") + 10)
    }

    /// Whether addresses, ports or what separates them can hold this byte.
    var isAddressText: Bool {
        hexadecimalDigit != nil || self == .dot || self == .colon || self == .space
    }

    /// `[A-Za-z0-9-]`.
    var isIdentifierText: Bool {
        let lowered = self | 0x20
        return decimalDigit != nil || self == .hyphen
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowered)
    }
}
