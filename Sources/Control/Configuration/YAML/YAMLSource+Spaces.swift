import Settings

// MARK: - Spaces that are none

extension YAMLSource {
    /// Rejects a plain key with a space that YAML treats as a letter: `level\u{a0}`.
    func checkSpaces(ofKey range: Range<Int>) throws(YAMLError) {
        guard let index = text[range].firstIndex(where: \.isForeignSpace) else { return }
        throw YAMLError(.foreignSpace(text[index]), at: place(of: index))
    }

    /// Rejects a plain value with such a space at its ends, or where a mapping or a list was meant.
    /// Elsewhere it is part of the text, as in French.
    func checkSpaces(ofValue range: Range<Int>) throws(YAMLError) {
        let found = text[range].indices.first { index in
            text[index].isForeignSpace
                && (index == range.lowerBound || index == range.upperBound - 1
                    || text[index - 1] == ":"
                    || (index == range.lowerBound + 1 && text[index - 1] == "-"))
        }
        guard let found else { return }
        throw YAMLError(.foreignSpace(text[found]), at: place(of: found))
    }

    /// Such a space at a place that cannot be parsed, or in its line: in the indentation, or next
    /// to the colon or the dash.
    func foreignSpace(near place: SourcePosition) -> YAMLError? {
        let (line, start) = (place.line, lineStart(place.line))
        if let scalar = character(start + place.column - 1), scalar.isForeignSpace {
            return YAMLError(.foreignSpace(scalar), at: place)
        }
        let characters = text[start...].prefix { !$0.isLineEnd }
        // In quotes they are text.
        let plain = characters.prefix { $0 != "\"" && $0 != "'" && $0 != "#" }
        let found = plain.indices.first { index in
            guard text[index].isForeignSpace else { return false }
            let isIndentation = text[start..<index].allSatisfy { $0.isAnySpace || $0 == "-" }
            let next = text[index...].first { !$0.isAnySpace }
            return isIndentation || text[index - 1] == ":" || next == ":"
        }
        guard let found else { return nil }
        let position = SourcePosition(line: line, column: found - start + 1)
        return YAMLError(.foreignSpace(text[found]), at: position)
    }
}

// MARK: - Addresses with spaces

extension YAMLSource {
    /// `127.0.0.1 : 3306` as a value, with the colon at `place`; a key and a value to YAML.
    func spacedAddress(at place: YAMLPlace) -> YAMLError? {
        guard character(place.index) == ":" else { return nil }
        let before = text[lineStart(of: place.index)..<place.index]
        let end = before.lastIndex { !$0.isAnySpace }.map { $0 + 1 } ?? before.startIndex
        let start = before[..<end].lastIndex { !$0.isHostCharacter }.map { $0 + 1 } ?? end
        let introduction = before[..<start].last { !$0.isAnySpace }
        let host = String(String.UnicodeScalarView(before[start..<end]))
        guard host.contains(where: { $0.isLetter || $0 == "." }),
            let introduction, ":-[{,".unicodeScalars.contains(introduction)
        else { return nil }
        let after = text[(place.index + 1)...].drop(while: \.isBlankOrForeign)
        let digits = after.prefix { ("0"..."9").contains($0) }
        let column = place.position.column - (place.index - start)
        let position = SourcePosition(line: place.position.line, column: column)
        guard !digits.isEmpty else {
            let isAddress = host.allSatisfy { $0.isNumber || $0 == "." }
            return isAddress ? YAMLError(.missingPort(host), at: position) : nil
        }
        let port = String(String.UnicodeScalarView(digits))
        guard UInt16(port) != nil, !(character(digits.endIndex)?.isHostCharacter ?? false) else {
            return nil
        }
        return YAMLError(.spacedAddress("\(host):\(port)"), at: position)
    }
}

extension Unicode.Scalar {
    /// A space in print, or an invisible character, that is a letter to YAML.
    fileprivate var isForeignSpace: Bool {
        guard value >= 0xa0 else { return false }
        switch value {
        case 0x200b...0x200f, 0x2060: return true
        default: return properties.generalCategory == .spaceSeparator
        }
    }

    fileprivate var isBlankOrForeign: Bool { self == " " || self == "\t" || isForeignSpace }

    fileprivate var isAnySpace: Bool { isBlankOrForeign || self == "\n" || self == "\r" }

    fileprivate var isHostCharacter: Bool {
        isASCII
            && (properties.isAlphabetic || ("0"..."9").contains(self)
                || ".-_".unicodeScalars.contains(self))
    }
}
