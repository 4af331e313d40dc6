/// Numbers as people read them.
public enum Numbers {
    /// `1,234,567`.
    public static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// Two or three significant digits: `0.0094`, `0.52`, `12.3`, `1,234`.
    public static func decimal(_ value: Double) -> String {
        switch value.magnitude {
        case 1e-9..<0.0995: fixed(value, digits: 2 + leadingZeroCount(value.magnitude))
        case ..<10: fixed(value, digits: 2)
        case ..<99.95: fixed(value, digits: 1)
        case ..<1e15: count(Int(value.rounded()))
        default: "\(value)"
        }
    }

    /// How many zeros follow the decimal point of a value between 0 and 1.
    private static func leadingZeroCount(_ value: Double) -> Int {
        var rest = value * 10
        var count = 0
        while rest < 1 {
            rest *= 10
            count += 1
        }
        return count
    }

    /// `97.2%` for 0.972.
    public static func percent(_ share: Double) -> String { decimal(100 * share) + "%" }

    /// `85.0 µs`, `1.25 ms`, `3.00 s`.
    public static func time(microseconds: Double) -> String {
        switch microseconds {
        case ..<999.5: decimal(microseconds) + " µs"
        case ..<999_500: decimal(microseconds / 1e3) + " ms"
        default: decimal(microseconds / 1e6) + " s"
        }
    }

    /// `512 B`, `1.50 MB`: powers of a thousand.
    public static func bytes(_ count: Double) -> String {
        let units = ["kB", "MB", "GB", "TB", "PB"]
        var value = count
        var unit = "B"
        for next in units where value.magnitude >= 999.5 {
            value /= 1_000
            unit = next
        }
        return (unit == "B" ? self.count(Int(value)) : decimal(value)) + " " + unit
    }

    /// `99.9` for 99.9, `50` for 50.0.
    public static func plain(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }

    /// `12.30`: exactly `digits` decimal places, unless the value is too large for that.
    public static func fixed(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
        guard (value.magnitude * scale) < 1e18 else { return "\(value)" }
        let scaled = Int((value.magnitude * scale).rounded())
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
        let fraction = String(rest)
        let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(whole)" + (digits > 0 ? ".\(zeros)\(fraction)" : "")
    }
}

extension UInt64 {
    /// A number of bytes in the largest unit of which there is at least one: `1.5 MiB`.
    public var asBytes: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(self)
        var unit = 0
        while value >= 1_024 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int(value * 10)
        return unit == 0 ? "\(self) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}

extension Int64 {
    /// A number of milliseconds in its two largest units: `3m20s`.
    public var asMilliseconds: String {
        let seconds = Swift.max(0, self) / 1_000
        let units: [(size: Int64, name: String)] = [
            (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"),
        ]
        var rest = seconds
        var parts: [String] = []
        for unit in units where rest >= unit.size {
            parts.append("\(rest / unit.size)\(unit.name)")
            rest %= unit.size
        }
        return parts.isEmpty ? "0s" : parts.prefix(2).joined()
    }
}

extension BinaryInteger {
    /// `1 listener`, `2 listeners`, `3 queries`.
    ///
    /// - Parameter written: the number as it is to be shown, if not in digits alone.
    public func of(_ noun: String, written: String? = nil) -> String {
        "\(written ?? "\(self)") \(self == 1 ? noun : noun.plural)"
    }

    /// `1 line is`, `2 lines are`.
    public func of(_ noun: String, _ singular: String, _ plural: String) -> String {
        "\(of(noun)) \(self == 1 ? singular : plural)"
    }
}

extension String {
    /// The plural of a regular noun: `queries`, `keys`, `echoes`, `addresses`, `listeners`.
    public var plural: String {
        let hasVowelBeforeLast = dropLast().last.map("aeiou".contains) ?? false
        if hasSuffix("y"), !hasVowelBeforeLast { return dropLast() + "ies" }
        let takesES = ["o", "s", "x", "ch", "sh"].contains { hasSuffix($0) }
        return self + (takesES ? "es" : "s")
    }
}
