import Settings

/// A YAML text as characters: for what libyaml does not check, and to explain errors.
struct YAMLSource {
    let text: [Unicode.Scalar]

    init(_ text: String) {
        self.text = Array(text.unicodeScalars)
    }

    /// Rejects terminal control characters and those that only some readers treat as line ends.
    func checkCharacters() throws(YAMLError) {
        guard let bad = text.firstIndex(where: { !$0.isAllowedInYAML }) else { return }
        throw YAMLError(.character(text[bad]), at: place(of: bad))
    }

    /// Rejects directives other than `%YAML`: libyaml compares each `%TAG` with all before it.
    func checkDirectives() throws(YAMLError) {
        var index = skippingSpace(from: 0)
        while character(index) == "%", lineStart(of: index) == index {
            guard text[index...].starts(with: "%YAML ".unicodeScalars) else {
                throw YAMLError(.directive, at: place(of: index))
            }
            index = skippingSpace(from: text[index...].firstIndex(where: \.isLineEnd) ?? text.count)
        }
    }
}

// MARK: - Places

extension YAMLSource {
    func character(_ index: Int) -> Unicode.Scalar? {
        text.indices.contains(index) ? text[index] : nil
    }

    func lineStart(of index: Int) -> Int {
        text[..<index].lastIndex(where: \.isLineEnd).map { $0 + 1 } ?? 0
    }

    /// The index at which a line begins, counted from 1. Visits all that is before: for one error.
    func lineStart(_ line: Int) -> Int {
        var rest = line - 1
        var index = 0
        while rest > 0, index < text.count {
            let isPair = text[index] == "\r" && character(index + 1) == "\n"
            if text[index].isLineEnd, !isPair { rest -= 1 }
            index += 1
        }
        return index
    }

    /// The line of the character at `index`, counted from 1. For a single error.
    func line(of index: Int) -> Int { place(of: min(index, text.count)).position.line }

    /// Visits all that is before: for one error.
    func place(of index: Int) -> YAMLPlace {
        let lineEnds = text[..<index].indices.count { at in
            text[at] == "\n" || (text[at] == "\r" && character(at + 1) != "\n")
        }
        let column = index - lineStart(of: index) + 1
        return YAMLPlace(
            index: index,
            position: SourcePosition(line: lineEnds + 1, column: column)
        )
    }

    /// The first character from `index` on that is neither blank nor in a comment; the text's end
    /// if there is none.
    private func skippingSpace(from start: Int) -> Int {
        var index = start
        while let character = character(index) {
            if character == "#" {
                index = text[index...].firstIndex(where: \.isLineEnd) ?? text.count
            } else if character.isSpace {
                index += 1
            } else {
                return index
            }
        }
        return text.count
    }

    /// What follows a document that ends at `end`; `nil` if nothing but its marker does.
    func content(after end: Int) -> YAMLPlace? {
        var index = skippingSpace(from: end)
        if isMarker("...", at: index) { index = skippingSpace(from: index + 3) }
        return index < text.count ? place(of: index) : nil
    }
}

// MARK: - What is at a place

extension YAMLSource {
    /// Whether a line that separates documents begins here.
    func isMarker(_ marker: String, at index: Int) -> Bool {
        guard index < text.count, lineStart(of: index) == index else { return false }
        return text[index...].starts(with: marker.unicodeScalars) && isSpace(index + 3)
    }

    /// Whether the text, or the document, ends here.
    func isEnd(_ index: Int) -> Bool {
        index >= text.count || isMarker("---", at: index) || isMarker("...", at: index)
    }

    /// Whether there is an `indicator` here: a space has to follow.
    func isIndicator(_ indicator: Unicode.Scalar, at index: Int) -> Bool {
        character(index) == indicator && isSpace(index + 1)
    }

    private func isSpace(_ index: Int) -> Bool { character(index)?.isSpace ?? true }

    /// The line up to `index`, without the blanks around.
    func lineBefore(_ index: Int) -> String {
        let end = min(index, text.count)
        return string(text[lineStart(of: end)..<end])
    }

    /// Up to a comment or the end of the line.
    func rest(from index: Int) -> String {
        string(text[index...].prefix { !$0.isLineEnd && $0 != "#" })
    }

    /// Up to the next space or indicator of a flow collection.
    func word(from index: Int) -> String {
        string(text[index...].prefix { !$0.isSpace && !$0.isFlowIndicator })
    }

    /// From the next `!` on, up to a comment, an indicator of a flow collection or the line's end.
    func tagged(from start: Int) -> String {
        let index = text[start...].firstIndex(of: "!") ?? start
        let rest = text[index...].prefix { !$0.isLineEnd && $0 != "#" && !$0.isFlowIndicator }
        return string(rest)
    }

    private func string(_ characters: ArraySlice<Unicode.Scalar>) -> String {
        let end = characters.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? characters.startIndex
        let trimmed = characters[..<end].drop { $0.isBlank }
        return String(String.UnicodeScalarView(trimmed))
    }

    /// `[::]:9030` without quotes, which is a list to YAML, with a rest.
    func bracketedAddress(around place: YAMLPlace) -> YAMLError? {
        let index = min(place.index, text.count - 1)
        guard index >= 0, let start = text[lineStart(of: index)...index].lastIndex(of: "[") else {
            return nil
        }
        let inside = text[(start + 1)...].prefix { $0 == ":" || $0 == "." || $0.isHexDigit }
        let end = inside.endIndex
        guard inside.contains(":"), character(end) == "]", character(end + 1) == ":",
            character(end + 2)?.isDigit ?? false, index <= end + 1
        else { return nil }
        let address = string(text[start...end]) + word(from: end + 1)
        let column = place.position.column - (place.index - start)
        let position = SourcePosition(line: place.position.line, column: column)
        return YAMLError(.bracketedAddress(address), at: position)
    }
}

extension Unicode.Scalar {
    /// `,`, `[`, `]`, `{` or `}`.
    var isFlowIndicator: Bool { ",[]{}".unicodeScalars.contains(self) }

    fileprivate var isBlank: Bool { self == " " || self == "\t" }

    var isLineEnd: Bool { self == "\n" || self == "\r" }

    fileprivate var isSpace: Bool { isBlank || isLineEnd }

    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

    fileprivate var isHexDigit: Bool {
        isDigit || ("a"..."f").contains(self) || ("A"..."F").contains(self)
    }

    /// YAML 1.2 §5.1, without the line separators that only some readers take for line ends.
    fileprivate var isAllowedInYAML: Bool {
        switch value {
        case 0x09, 0x0a, 0x0d, 0x20...0x7e, 0xa0...0x2027, 0x202a...0xfefe, 0xff00...0xfffd: true
        case 0x10000...: true
        default: false
        }
    }
}
