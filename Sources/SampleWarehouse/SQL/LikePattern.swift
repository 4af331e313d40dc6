/// A LIKE pattern: `%` stands for any characters, `_` for one; compared without case.
struct LikePattern: Hashable, Sendable {
    private let pattern: [Character]

    init(_ pattern: String) {
        self.pattern = Array(pattern.lowercased())
    }

    /// Whether the whole of `text` fits.
    ///
    /// - Complexity: O(*n* · *m*): on a mismatch only the latest `%` is tried again.
    func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        var at = 0
        var patternAt = 0
        var retry: (at: Int, patternAt: Int)?
        while at < text.count {
            if patternAt < pattern.count, pattern[patternAt] == "%" {
                patternAt += 1
                retry = (at, patternAt)
            } else if patternAt < pattern.count, fits(pattern[patternAt], text[at]) {
                at += 1
                patternAt += 1
            } else if let latest = retry {
                retry = (latest.at + 1, latest.patternAt)
                (at, patternAt) = (latest.at + 1, latest.patternAt)
            } else {
                return false
            }
        }
        return pattern[patternAt...].allSatisfy { $0 == "%" }
    }

    private func fits(_ pattern: Character, _ character: Character) -> Bool {
        pattern == "_" || pattern == character
    }
}
