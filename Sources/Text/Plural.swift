extension BinaryInteger {
    /// `1 listener`, `2 listeners`, `3 queries`.
    ///
    /// - Parameter written: the number as it is to be shown, if not in digits alone.
    package func of(_ noun: String, written: String? = nil) -> String {
        "\(written ?? "\(self)") \(self == 1 ? noun : noun.plural)"
    }

    /// `1 line is`, `2 lines are`.
    package func of(_ noun: String, _ singular: String, _ plural: String) -> String {
        "\(of(noun)) \(self == 1 ? singular : plural)"
    }
}

extension String {
    /// Of a regular noun: `queries`, `keys`, `echoes`, `addresses`, `listeners`.
    package var plural: String {
        let hasVowelBeforeLast = dropLast().last.map("aeiou".contains) ?? false
        if hasSuffix("y"), !hasVowelBeforeLast { return dropLast() + "ies" }
        let takesES = ["o", "s", "x", "ch", "sh"].contains { hasSuffix($0) }
        return self + (takesES ? "es" : "s")
    }
}
