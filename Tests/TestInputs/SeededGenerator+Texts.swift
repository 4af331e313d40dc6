package import SeededRandom

extension SeededGenerator {
    /// A number below 2^`bitCount`; small ones are as likely as enormous ones.
    package mutating func span(bitCount: Int) -> Int64 {
        let bits = Int.random(in: 0...bitCount, using: &self)
        return Int64.random(in: 0..<(1 << Int64(bits)), using: &self)
    }

    /// Any Unicode scalars, the troublesome ones more often than others.
    package mutating func hostileText() -> String {
        let troublesome: [Unicode.Scalar] = [
            "\"", "\\", "\n", "\r", "\t", "\0", "\u{1b}", "\u{7f}", "\u{85}", "\u{2028}",
            "\u{202e}", "\u{feff}", "\u{10ffff}", "{", "}", ",", "=", " ",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...24, using: &self) {
            let number = UInt32.random(in: 0...0x10ffff, using: &self)
            let any = Unicode.Scalar(number) ?? "\u{fffd}"
            let scalar = Bool.random(using: &self) ? troublesome.randomElement(using: &self) : any
            text.append(scalar ?? any)
        }
        return String(text)
    }
}
