extension [UInt8] {
    /// A number in decimal digits, with zeros in front up to `width`.
    @inlinable
    package mutating func append(decimal value: some BinaryInteger, width: Int = 1) {
        if value < 0 { append(UInt8(ascii: "-")) }
        let magnitude = UInt64(value.magnitude)
        var digitCount = 1
        var beyond = magnitude / 10
        while beyond > 0 {
            digitCount += 1
            beyond /= 10
        }
        for _ in 0..<Swift.max(width, digitCount) { append(UInt8(ascii: "0")) }
        // From the last digit on: to divide by a constant takes no division.
        var rest = magnitude
        for index in stride(from: count - 1, to: count - 1 - digitCount, by: -1) {
            self[index] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
