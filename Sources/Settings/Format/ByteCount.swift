import Text

/// A size in bytes, written with a binary unit: `64KiB`.
struct ByteCount: Hashable {
    var bytes: Int
}

extension ByteCount: Comparable {
    static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
}

extension ByteCount: ConfigurationAmount {
    static let expectation = "a size such as 4096B, 64KiB or 1MiB"

    /// Units and their bytes, the largest first.
    private static let scale: [(unit: String, size: Int64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    init(configurationText text: String) throws(ScalarError) {
        guard let total = Quantity(text)?.total(in: Self.scale), let bytes = Int(exactly: total)
        else {
            throw ScalarError(expected: Self.self, found: text, remedy: Self.remedy(for: text))
        }
        self.bytes = bytes
    }

    /// `64KB` and `64k` are binary in other programs' configurations.
    private static func remedy(for text: String) -> String {
        let digits = text.prefix(while: \.isDigit)
        let letter = text.dropFirst(digits.count).drop { $0 == " " }.first?.uppercased()
        let unit = scale.first { $0.unit.first?.uppercased() == (letter ?? "B") }?.unit
        guard let unit, !digits.isEmpty else { return "use a whole number with B, KiB, MiB or GiB" }
        return "did you mean \(digits)\(unit)?"
    }

    var configurationText: String {
        let fitting = Self.scale.first { bytes != 0 && Int64(bytes) % $0.size == 0 }
        guard let fitting else { return "0B" }
        return "\(Int64(bytes) / fitting.size)\(fitting.unit)"
    }
}
