/// Codes for whoever has lost the authenticator app. Each works once.
package struct RecoveryCodes: Hashable, Sendable, Codable {
    /// SHA-256 of each code that was not used: a code has 80 random bits.
    private var hashes: [[UInt8]]

    package static let count = 10
    private static let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
    /// 16 characters of 31: 79 bits.
    private static let groups = (count: 4, length: 4)

    /// - Returns: the texts as well, which are shown once.
    package static func make() -> (codes: RecoveryCodes, texts: [String]) {
        var generator = SystemRandomNumberGenerator()
        let texts = (0..<count).map { _ in
            (0..<groups.count).map { _ in
                String(
                    (0..<groups.length).map { _ in
                        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    }
                )
            }.joined(separator: "-")
        }
        return (RecoveryCodes(hashes: texts.map(hash)), texts)
    }

    /// Whether a text could be one of them, by its length: one-time codes are shorter.
    package static func isOfTheirForm(_ text: String) -> Bool {
        let bytes = significantBytes(of: text)
        return bytes.count == groups.count * groups.length
    }

    private init(hashes: [[UInt8]]) {
        self.hashes = hashes
    }

    /// How many were not used.
    package var remaining: Int { hashes.count }

    /// Uses a code up.
    ///
    /// - Returns: whether it is one of them.
    package mutating func use(_ text: String) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        let typed = Self.hash(text)
        guard let index = hashes.firstIndex(where: { $0.equalsInConstantTime(typed) }) else {
            return false
        }
        hashes.remove(at: index)
        return true
    }

    /// Whether hyphens, spaces and capitals are typed does not matter.
    private static func hash(_ text: String) -> [UInt8] {
        Digest.sha256(significantBytes(of: text))
    }

    private static func significantBytes(of text: String) -> [UInt8] {
        text.lowercased().utf8.filter { $0 != 0x2d && $0 != 0x20 }
    }
}
