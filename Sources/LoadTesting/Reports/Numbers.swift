internal import Glibc

/// Numbers as a person reads them.
enum Numbers {
    /// `1,234,567`.
    static func count(_ value: Int) -> String {
        grouped(String(value.magnitude), isNegative: value < 0)
    }

    /// Two or three digits that count: `0.0094`, `0.52`, `12.3`, `1,234`.
    static func decimal(_ value: Double) -> String {
        switch value.magnitude {
        case 1e-9..<0.0995:
            fixed(value, digits: 1 - Int(log10(value.magnitude).rounded(.down)))
        case ..<10: fixed(value, digits: 2)
        case ..<99.95: fixed(value, digits: 1)
        case ..<1e15: count(Int(value.rounded()))
        default: "\(value)"
        }
    }

    /// `97.2%` for 0.972.
    static func percent(_ share: Double) -> String { decimal(100 * share) + "%" }

    /// `85.0 µs`, `1.25 ms`, `3.00 s`.
    static func time(microseconds: Double) -> String {
        switch microseconds {
        case ..<999.5: decimal(microseconds) + " µs"
        case ..<999_500: decimal(microseconds / 1e3) + " ms"
        default: decimal(microseconds / 1e6) + " s"
        }
    }

    /// `512 B`, `1.50 MB`: powers of a thousand.
    static func bytes(_ count: Double) -> String {
        let units = ["kB", "MB", "GB", "TB", "PB"]
        var value = count
        var unit = "B"
        for next in units where value.magnitude >= 999.5 {
            value /= 1_000
            unit = next
        }
        return (unit == "B" ? self.count(Int(value)) : decimal(value)) + " " + unit
    }

    /// `20,000` and `0` for whole numbers, which ticks mostly are; `0.50` for others.
    static func tick(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? count(Int(value)) : decimal(value)
    }

    /// `99.9` for 99.9, `50` for 50.0.
    static func plain(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }

    /// `12.30`: `digits` of them behind the point. What is too large for that is written as Swift
    /// does.
    static func fixed(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
        guard (value.magnitude * scale) < 1e18 else { return "\(value)" }
        let scaled = Int((value.magnitude * scale).rounded())
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
        let fraction = String(rest)
        let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(whole)" + (digits > 0 ? ".\(zeros)\(fraction)" : "")
    }

    private static func grouped(_ digits: String, isNegative: Bool) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return isNegative ? "-" + text : text
    }
}
