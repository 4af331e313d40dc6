public import Text

extension Duration: ConfigurationAmount {
    public static var expectation: String { "a duration such as 200ms, 5s or 1h30m" }

    /// Units and their milliseconds, the largest first.
    private static var scale: [(unit: String, size: Int64)] {
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]
    }

    public init(configurationText text: String) throws(ScalarError) {
        guard let milliseconds = Quantity(text)?.total(in: Self.scale) else {
            let isBare = !text.isEmpty && text.allSatisfy(\.isDigit)
            let remedy = isBare ? "add a unit: \(text)s" : "use whole numbers with d, h, m, s or ms"
            throw ScalarError(expected: Self.self, found: text, remedy: remedy)
        }
        self = .milliseconds(milliseconds)
    }

    /// Reads `200ms`, `5s` or `1h30m`, as in the configuration file; `nil` for anything else.
    package init?(written text: String) {
        // `try?`: the caller reports what it expects.
        guard let duration = try? Self(configurationText: text) else { return nil }
        self = duration
    }

    /// The shortest way to write it, to the millisecond: `9h`, `1m30s`, `0s`.
    public var configurationText: String {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        return milliseconds == 0 ? "0s" : Self.text(ofMilliseconds: milliseconds)
    }

    private static func text(ofMilliseconds milliseconds: Int64) -> String {
        var rest = milliseconds
        var text = ""
        for (unit, size) in scale where rest >= size {
            text += "\(rest / size)\(unit)"
            rest %= size
        }
        return text
    }
}
