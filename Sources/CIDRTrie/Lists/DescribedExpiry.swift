/// Recognizes a description that reads like an expiry: `expires 2027-01-01`, `guests until 2027`.
///
/// Only a key of the configuration makes an entry expire, so an entry with such a description would
/// stay in force.
package enum DescribedExpiry {
    private static let words: Set<Substring> = [
        "expire", "expires", "expiry", "expiring", "expiration", "until", "till", "til", "exp",
        "ends", "end", "ttl", "through", "thru",
    ]

    /// - Parameter text: in lower case.
    package static func isFound(in text: String) -> Bool {
        let parts = text.split { $0.isWhitespace || ":=,;()".contains($0) }
        if let first = parts.first, isDay(first) { return true }
        return parts.indices.contains { index in
            guard words.contains(parts[index]) else { return false }
            return parts[(index + 1)...].prefix(3).contains { $0.hasYear || isDay($0) }
        }
    }

    /// `2027-01-01`, `2027-01-01t00`, `01.02.2027`, `1/2/2027`.
    private static func isDay(_ word: Substring) -> Bool {
        let parts = word.prefix { $0 != "t" }.split { "-./".contains($0) }
        return parts.count == 3 && parts.allSatisfy { $0.allSatisfy(\.isASCIIDigit) }
            && (parts[0].isYear || parts[2].isYear)
    }
}

extension Substring {
    fileprivate var isYear: Bool { count == 4 && hasPrefix("20") && allSatisfy(\.isASCIIDigit) }

    fileprivate var hasYear: Bool {
        split { !$0.isASCIIDigit }.contains { $0.isYear }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
