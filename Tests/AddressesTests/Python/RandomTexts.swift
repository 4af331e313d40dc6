/// Addresses and blocks as people write them, and as they mistype them.
struct RandomTexts {
    private var random: any RandomNumberGenerator

    init(_ random: some RandomNumberGenerator) { self.random = random }

    mutating func next() -> String {
        var text = Bool.random(using: &random) ? ipv4() : ipv6()
        if Int.random(in: 0..<4, using: &random) > 0 { text += "/\(length())" }
        for _ in 0..<max(0, Int.random(in: -3...2, using: &random)) { mistype(&text) }
        return text
    }

    private mutating func ipv4() -> String {
        let octets = (0..<4).map { _ in String(octet()) }
        return octets.joined(separator: ".")
    }

    private mutating func octet() -> Int {
        Int.random(in: 0..<3, using: &random) == 0 ? 0 : Int.random(in: 0...255, using: &random)
    }

    private mutating func ipv6() -> String {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return "::ffff:" + ipv4()
        case 1: return "::" + groups(Int.random(in: 0...7, using: &random))
        case 2: return groups(Int.random(in: 1...7, using: &random)) + "::"
        case 3:
            let before = Int.random(in: 1...6, using: &random)
            let behind = Int.random(in: 1...(7 - before), using: &random)
            return groups(before) + "::" + groups(behind)
        default: return groups(8)
        }
    }

    private mutating func groups(_ count: Int) -> String {
        (0..<count).map { _ in
            String(
                UInt16.random(in: 0...UInt16.max, using: &random)
                    >> UInt16(4 * Int.random(in: 0...4, using: &random)),
                radix: 16
            )
        }
        .joined(separator: ":")
    }

    /// Often one that leaves no host bits.
    private mutating func length() -> Int {
        let lengths = [0, 8, 16, 24, 31, 32, 33, 48, 64, 95, 96, 112, 120, 127, 128, 129]
        return lengths.randomElement(using: &random) ?? 32
    }

    private mutating func mistype(_ text: inout String) {
        let characters = Array("0123456789abfF:./% -xg,")
        var letters = Array(text)
        guard let character = characters.randomElement(using: &random), !letters.isEmpty else {
            return
        }
        let place = Int.random(in: 0..<letters.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: letters[place] = character
        case 1: letters.insert(character, at: place)
        default: letters.remove(at: place)
        }
        text = String(letters)
    }
}
