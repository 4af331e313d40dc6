// Scalars below `|` and `>` (YAML 1.2 §8.1).

extension YAMLReader {
    /// A literal or folded scalar, whose indicator comes next.
    mutating func blockScalar(inside parent: Int) throws(YAMLFault) -> String {
        let isFolded = current == ">"
        let header = try blockScalarHeader()
        var content = BlockScalarContent(isFolded: isFolded)
        var indent = header.indent.map { max(parent, 0) + $0 }
        content.emptyLines = try skipEmptyLines(indent: &indent, inside: parent)
        while let indent, column == indent, !isAtEnd {
            let start = index
            skipLine()
            content.append(text[start..<index])
            guard current == "\n" else { break }
            content.endLine()
            skipLineEnd()
            var same: Int? = indent
            content.emptyLines += try skipEmptyLines(indent: &same, inside: parent)
        }
        // What ends the scalar is the next line's, with its indentation.
        if current != nil { index = lineStart }
        return content.text(chomping: header.chomping)
    }

    /// `|2-`: the content's indentation and what becomes of its last line ends, in any order.
    private mutating func blockScalarHeader()
        throws(YAMLFault) -> (indent: Int?, chomping: Unicode.Scalar?)
    {
        let opening = fault(.blockScalarHeader)
        var indent: Int?
        var chomping: Unicode.Scalar?
        index += 1
        while let character = current, !isSpace(0) {
            if character == "+" || character == "-", chomping == nil {
                chomping = character
            } else if ("1"..."9").contains(character), indent == nil {
                indent = Int(character.value - 0x30)
            } else {
                throw opening
            }
            index += 1
        }
        skipBlanks()
        if current == "#" { skipLine() }
        guard current == nil || current == "\n" else { throw opening }
        if current == "\n" { skipLineEnd() }
        return (indent, chomping)
    }

    /// Passes lines that are empty up to the content's indentation, and the indentation itself.
    ///
    /// - Parameter indent: `nil` where the first line that is not empty decides on it.
    /// - Returns: how many lines.
    private mutating func skipEmptyLines(
        indent: inout Int?,
        inside parent: Int
    ) throws(YAMLFault) -> Int {
        var count = 0
        while true {
            while current == " ", indent.map({ column < $0 }) ?? true { index += 1 }
            if current == "\t", indent.map({ column < $0 }) ?? true {
                throw fault(.tabInIndentation)
            }
            guard current == "\n" else { break }
            skipLineEnd()
            count += 1
        }
        if indent == nil { indent = max(column, parent + 1) }
        return count
    }
}

/// The lines of a block scalar, and what stands for the line ends between them.
private struct BlockScalarContent {
    let isFolded: Bool
    // A string's view would reallocate at each line.
    private var value: [Unicode.Scalar] = []
    /// After the last line of text.
    private var hasLineEnd = false
    private var isAfterIndented = false
    /// The empty lines after the last line of text.
    var emptyLines = 0

    init(isFolded: Bool) { self.isFolded = isFolded }

    mutating func append(_ line: ArraySlice<Unicode.Scalar>) {
        let isIndented = line.first?.isBlank ?? false
        if isFolded, hasLineEnd, !isAfterIndented, !isIndented {
            if emptyLines == 0 { value.append(" ") }
        } else if hasLineEnd {
            value.append("\n")
        }
        appendEmptyLines()
        value.append(contentsOf: line)
        isAfterIndented = isIndented
        hasLineEnd = false
    }

    mutating func endLine() { hasLineEnd = true }

    /// - Parameter chomping: `-` for no line end at the end, `+` for all of them.
    func text(chomping: Unicode.Scalar?) -> String {
        var copy = self
        if chomping != "-", hasLineEnd { copy.value.append("\n") }
        if chomping == "+" { copy.appendEmptyLines() }
        return String(String.UnicodeScalarView(copy.value))
    }

    private mutating func appendEmptyLines() {
        value.append(contentsOf: repeatElement("\n", count: emptyLines))
        emptyLines = 0
    }
}
