/// Reads the YAML of a configuration file into a tree of texts with their places.
///
/// The subset of YAML 1.2 that configurations use: block and flow collections, plain, quoted and
/// block scalars, comments, anchors, aliases and the core tags. Scalars stay text: whether `off` is
/// a word or a boolean is for the one who asks to say. A key is a single value, never an alias or a
/// collection, and a file holds one document.
///
/// Nothing in a text can make reading it expensive: nesting is limited before it recurses, and the
/// values that aliases stand for are counted before they are shared. A mapping may have the same
/// key twice; the decoder reports it.
///
/// - Complexity: O(*n*) for *n* characters.
public struct YAMLReader {
    /// The configuration's own types nest 7 deep.
    static let depthLimit = 32
    /// Some 250,000 whitelist entries, with what aliases stand for; longer lists belong into files.
    static let nodeLimit = 1_000_000

    /// With a line feed for every line end.
    let text: [Unicode.Scalar]
    /// The next character.
    var index = 0
    /// Of `index`, counted from 1.
    private(set) var line = 1
    private(set) var lineStart = 0
    /// Where the first text of a line begins, if ``skipToContent()`` has found it.
    private var contentStart = 0

    private var nodeCount = 0
    var anchors: [String: YAMLSubtree] = [:]
    /// The flow collection that was read last, to recognize an address in brackets.
    var lastCollection = 0..<0

    /// The tree of a whole file; an empty text is an empty node at its beginning.
    ///
    /// - Throws: the first error, because nothing after it can be understood.
    public static func read(_ text: String) throws(YAMLFault) -> ConfigurationNode {
        var reader = YAMLReader(text)
        try reader.checkCharacters()
        return try reader.document()
    }

    private init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        for index in scalars.indices where scalars[index] == "\r" { scalars[index] = "\n" }
        self.text = scalars
    }
}

/// A node, and what counts against the limits wherever an alias stands for it.
struct YAMLSubtree {
    var node: ConfigurationNode
    /// With the node itself.
    var nodeCount = 1
    /// The levels of collections inside one another; 0 for a scalar.
    var height = 0
}

// MARK: - Documents

extension YAMLReader {
    private mutating func document() throws(YAMLFault) -> ConfigurationNode {
        try skipDirectives()
        var start = BlockStart.newLine
        if isMarker("---") {
            index += 3
            start = .afterMarker
        }
        let root = try blockNode(inside: -1, start: start, depth: 0)
        try expectEnd()
        let isEmpty = root.node.content == .empty
        return isEmpty
            ? ConfigurationNode(.empty, at: SourcePosition(line: 1, column: 1)) : root.node
    }

    private mutating func skipDirectives() throws(YAMLFault) {
        _ = skipToContent()
        while current == "%", index == lineStart {
            guard startsWith("%YAML ") else { throw fault(.directive) }
            skipLine()
            _ = skipToContent()
        }
    }

    private mutating func expectEnd() throws(YAMLFault) {
        let isNewLine = skipToContent()
        if isMarker("...") {
            index += 3
            _ = skipToContent()
        } else if current != nil, !isNewLine {
            throw trailingText()
        }
        guard current != nil else { return }
        throw isMarker("---") ? fault(.secondDocument) : fault(.indentation)
    }

    private func checkCharacters() throws(YAMLFault) {
        guard let bad = text.firstIndex(where: { !$0.isAllowedInYAML }) else { return }
        let lineEnd = text[..<bad].lastIndex(of: "\n")
        let line = text[..<bad].count { $0 == "\n" } + 1
        let column = bad - (lineEnd.map { $0 + 1 } ?? 0) + 1
        throw YAMLFault(.character(text[bad]), at: SourcePosition(line: line, column: column))
    }
}

// MARK: - Characters

extension YAMLReader {
    /// A place to come back to.
    struct Mark {
        fileprivate let index, line, lineStart: Int

        func isOnSameLine(as other: Mark) -> Bool { line == other.line }
    }

    var mark: Mark {
        get { Mark(index: index, line: line, lineStart: lineStart) }
        set { (index, line, lineStart) = (newValue.index, newValue.line, newValue.lineStart) }
    }

    /// `nil` at the end of the text.
    var current: Unicode.Scalar? { index < text.count ? text[index] : nil }

    var position: SourcePosition { SourcePosition(line: line, column: column + 1) }

    /// The characters before `index` in its line.
    var column: Int { index - lineStart }

    func character(_ offset: Int) -> Unicode.Scalar? {
        index + offset < text.count ? text[index + offset] : nil
    }

    /// Whether a blank, a line end or the end of the text stands at `offset` from here.
    func isSpace(_ offset: Int) -> Bool {
        guard let character = character(offset) else { return true }
        return character.isBlank || character == "\n"
    }

    /// Whether `indicator` stands here and is one: a space has to follow.
    func isIndicator(_ indicator: Unicode.Scalar) -> Bool {
        current == indicator && isSpace(1)
    }

    func startsWith(_ word: String) -> Bool {
        text[index...].starts(with: word.unicodeScalars)
    }

    /// Whether a line that separates documents begins here.
    func isMarker(_ marker: String) -> Bool {
        index == lineStart && startsWith(marker) && isSpace(3)
    }

    /// Whether the text, or the document, ends here.
    var isAtEnd: Bool { current == nil || isMarker("---") || isMarker("...") }

    mutating func skipBlanks() {
        while let character = current, character.isBlank { index += 1 }
    }

    /// Goes to the next line; a line end comes next.
    mutating func skipLineEnd() {
        index += 1
        line += 1
        lineStart = index
    }

    mutating func skipLine() {
        while let character = current, character != "\n" { index += 1 }
    }

    /// Skips blanks, comments and line ends.
    ///
    /// - Returns: whether `index` is at the first text of its line.
    mutating func skipToContent() -> Bool {
        var isNewLine = index == lineStart || index == contentStart
        while true {
            skipBlanks()
            if current == "#", index == lineStart || text[index - 1].isBlank { skipLine() }
            guard current == "\n" else { break }
            skipLineEnd()
            isNewLine = true
        }
        if isNewLine { contentStart = index }
        return isNewLine
    }

    func fault(_ reason: YAMLFault.Reason) -> YAMLFault { YAMLFault(reason, at: position) }
}

// MARK: - Limits

extension YAMLReader {
    /// Counts a node, or all that an alias stands for.
    mutating func count(
        _ added: Int,
        depth: Int,
        at position: SourcePosition
    ) throws(YAMLFault) {
        nodeCount += added
        guard nodeCount <= Self.nodeLimit else { throw YAMLFault(.tooManyValues, at: position) }
        guard depth <= Self.depthLimit else { throw YAMLFault(.tooDeep, at: position) }
    }

    /// Called before each step down, so that no text can exhaust the stack.
    func checkDepth(_ depth: Int) throws(YAMLFault) {
        guard depth <= Self.depthLimit else { throw fault(.tooDeep) }
    }
}

extension Unicode.Scalar {
    var isBlank: Bool { self == " " || self == "\t" }

    /// `,`, `[`, `]`, `{` or `}`.
    var isFlowIndicator: Bool { ",[]{}".unicodeScalars.contains(self) }

    /// YAML 1.2 §5.1, without the line separators that only some readers take for line ends.
    fileprivate var isAllowedInYAML: Bool {
        switch value {
        case 0x09, 0x0a, 0x20...0x7e, 0xa0...0x2027, 0x202a...0xfefe, 0xff00...0xfffd: true
        case 0x10000...: true
        default: false
        }
    }
}
