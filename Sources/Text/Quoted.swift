extension String {
    /// In quotes, on one line, and cut where it is longer than anybody reads. What has to be found
    /// again, such as a file's path, is shown whole, by `debugDescription`.
    package var quoted: String {
        let limit = 64
        return count > limit
            ? "\(String(prefix(limit)).debugDescription.visibleSpaces)…"
            : debugDescription.visibleSpaces
    }

    /// With the spaces beyond ASCII, which look like others or like nothing, as their numbers.
    private var visibleSpaces: String {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            let isSpace = scalar.properties.generalCategory == .spaceSeparator && scalar != " "
            if isSpace || (0x200b...0x200f).contains(scalar.value) {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
