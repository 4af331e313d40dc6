// Scalars without quotes (YAML 1.2 §7.3.3), and in quotes (§7.3.1, §7.3.2).

extension YAMLReader {
    /// Whether the next character may begin a plain scalar.
    func beginsPlain(inFlow: Bool) -> Bool {
        guard let current else { return false }
        switch current {
        case "-", "?", ":":
            let isFollowed = !isSpace(1)
            return isFollowed && !(inFlow && (character(1)?.isFlowIndicator ?? false))
        case ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", "\n":
            return false
        default:
            return true
        }
    }

    /// Reads on to where a plain scalar ends on its line, and without the blanks there.
    mutating func plainLine(inFlow: Bool) -> String {
        let start = index
        var end = index
        while let character = current, !endsPlain(character, inFlow: inFlow) {
            index += 1
            if !character.isBlank { end = index }
        }
        index = end
        return String(String.UnicodeScalarView(text[start..<end]))
    }

    private func endsPlain(_ character: Unicode.Scalar, inFlow: Bool) -> Bool {
        switch character {
        case "\n": true
        case "#": text[index - 1].isBlank
        case ":": isSpace(1) || (inFlow && (self.character(1)?.isFlowIndicator ?? false))
        default: inFlow && character.isFlowIndicator
        }
    }

    /// A plain scalar in a block, with the lines that continue it below.
    mutating func plain(inside parent: Int) throws(YAMLFault) -> String {
        var value = plainLine(inFlow: false)
        var isFirst = true
        while true {
            let end = mark
            skipBlanks()
            guard current != ":" else {
                throw fault(isFirst ? .colonInValue : .colonInContinuation)
            }
            guard let folded = try continuation(inside: parent) else {
                mark = end
                return value
            }
            value += folded + plainLine(inFlow: false)
            isFirst = false
        }
    }

    /// What stands for the line ends before the line that continues a plain scalar; `nil` where
    /// none does.
    private mutating func continuation(inside parent: Int) throws(YAMLFault) -> String? {
        guard let folded = foldedLineEnds(), column > parent, current != "#", !isAtEnd else {
            return nil
        }
        try checkIndentation()
        return folded
    }

    /// A plain scalar in a collection in brackets.
    mutating func flowPlain() -> String {
        var value = plainLine(inFlow: true)
        while true {
            let end = mark
            skipBlanks()
            guard let folded = foldedLineEnds(), let next = current, next != "#", !isAtEnd,
                !endsPlain(next, inFlow: true)
            else {
                mark = end
                return value
            }
            value += folded + plainLine(inFlow: true)
        }
    }

    /// Passes line ends and blanks: a single line end stands for a space, each further one for
    /// itself (YAML 1.2 §6.5). `nil` where no line ends.
    private mutating func foldedLineEnds() -> String? {
        guard current == "\n" else { return nil }
        var count = 0
        while current == "\n" {
            skipLineEnd()
            skipBlanks()
            count += 1
        }
        return count == 1 ? " " : String(repeating: "\n", count: count - 1)
    }
}

// MARK: - Quotes

extension YAMLReader {
    /// A scalar in quotes, which may go over several lines.
    mutating func quoted() throws(YAMLFault) -> String {
        let opening = fault(.unclosed(String(text[index])))
        let quote = text[index]
        var value: [Unicode.Scalar] = []
        index += 1
        while let character = current, !isMarker("---"), !isMarker("...") {
            switch character {
            case quote where quote == "'" && self.character(1) == "'":
                value.append("'")
                index += 2
            case quote:
                index += 1
                return String(String.UnicodeScalarView(value))
            case "\\" where quote == "\"":
                try appendEscape(to: &value)
            case " ", "\t", "\n":
                appendFoldedSpace(to: &value)
            default:
                value.append(character)
                index += 1
            }
        }
        throw opening
    }

    /// Blanks count unless a line ends there.
    private mutating func appendFoldedSpace(to value: inout [Unicode.Scalar]) {
        let start = index
        skipBlanks()
        if let folded = foldedLineEnds() {
            value.append(contentsOf: folded.unicodeScalars)
        } else {
            value.append(contentsOf: text[start..<index])
        }
    }

    /// YAML 1.2 §5.7.
    private mutating func appendEscape(
        to value: inout [Unicode.Scalar]
    ) throws(YAMLFault) {
        guard let letter = character(1) else { throw fault(.escape) }
        if letter == "\n" {
            // The line end is not there; empty lines after it are.
            index += 1
            skipLineEnd()
            skipBlanks()
            while current == "\n" {
                value.append("\n")
                skipLineEnd()
                skipBlanks()
            }
        } else if let length = Self.hexadecimalEscapes[letter] {
            value.append(try codePoint(digitCount: length))
            index += 2 + length
        } else {
            guard let scalar = Self.escapes[letter] else { throw fault(.escape) }
            value.append(scalar)
            index += 2
        }
    }

    private func codePoint(digitCount: Int) throws(YAMLFault) -> Unicode.Scalar {
        let digits = text[(index + 2)...].prefix(digitCount)
        let isNumber = digits.count == digitCount && digits.allSatisfy(\.properties.isASCIIHexDigit)
        guard isNumber, let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw fault(.escape) }
        return scalar
    }

    private static let hexadecimalEscapes: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "\0", "a": "\u{7}", "b": "\u{8}", "t": "\t", "\t": "\t", "n": "\n", "v": "\u{b}",
        "f": "\u{c}", "r": "\r", "e": "\u{1b}", " ": " ", "\"": "\"", "/": "/", "\\": "\\",
        "N": "\u{85}", "_": "\u{a0}", "L": "\u{2028}", "P": "\u{2029}",
    ]
}
