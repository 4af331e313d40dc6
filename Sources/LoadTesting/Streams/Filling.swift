/// What is sent where only the number of bytes matters.
enum Filling {
    /// Looks random, is the same in every run, and has a prime number of bytes: a piece of a
    /// stream that is lost, doubled or moved by a buffer's size does not match.
    static let bytes: [UInt8] = {
        var state: UInt32 = 0x9e37_79b9
        return (0..<65_521).map { _ in
            // Xorshift (Marsaglia, "Xorshift RNGs", 2003).
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            return UInt8(truncatingIfNeeded: state >> 16)
        }
    }()
}
