extension [UInt8] {
    /// A number in decimal digits, with zeros in front up to `width`.
    mutating func append(decimal value: some BinaryInteger, width: Int = 1) {
        if value < 0 { append(UInt8(ascii: "-")) }
        let magnitude = UInt64(value.magnitude)
        var power: UInt64 = 1
        var digitCount = 1
        while magnitude / power >= 10 {
            power *= 10
            digitCount += 1
        }
        for _ in digitCount..<Swift.max(width, digitCount) { append(UInt8(ascii: "0")) }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(magnitude / power % 10))
            power /= 10
        }
    }
}
