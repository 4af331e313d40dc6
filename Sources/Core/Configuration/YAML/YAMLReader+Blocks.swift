// Collections that show by indentation (YAML 1.2 §8.2).

extension YAMLReader {
    /// What precedes a node on its line, and so what may begin there.
    enum BlockStart {
        /// Nothing: any node.
        case newLine
        /// `- `: any node, also a collection that goes on below.
        case afterDash
        /// `key:`. A collection begins on the next line, a list there even in the key's column.
        case afterColon
        /// `---`
        case afterMarker
    }

    /// The next node, which is empty unless something is indented more than `parent`.
    ///
    /// - Parameter parent: the column in which the collection around it begins; -1 for none.
    mutating func blockNode(
        inside parent: Int,
        start: BlockStart,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        try checkDepth(depth)
        let end = position
        var properties = YAMLProperties()
        var isNewLine = skipToContent()
        var allowsCollection = isNewLine || start == .afterDash
        while true {
            if isNewLine { try checkIndentation() }
            guard !isAtEnd, !isNewLine || isIndented(inside: parent, start: start) else {
                return try emptyNode(properties, at: end, depth: depth)
            }
            if allowsCollection,
                let collection = try blockCollection(properties, inside: parent, depth: depth)
            {
                return collection
            }
            guard try readProperty(into: &properties) else { break }
            isNewLine = skipToContent()
            allowsCollection = isNewLine
        }
        return try inlineNode(properties, inside: parent, depth: depth)
    }

    private func isIndented(inside parent: Int, start: BlockStart) -> Bool {
        column > parent || (start == .afterColon && column == parent && isIndicator("-"))
    }

    /// The list or the mapping that begins here, if one does.
    private mutating func blockCollection(
        _ properties: YAMLProperties,
        inside parent: Int,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree? {
        let (column, position) = (column, properties.position ?? position)
        let collection: YAMLSubtree
        if isIndicator("-") {
            try count(1, depth: depth, at: position)
            collection = try blockSequence(at: column, inside: parent, position, depth: depth)
        } else if let key = try mappingKey(at: column, depth: depth) {
            try count(1, depth: depth, at: position)
            collection = try blockMapping(at: column, from: key, position, depth: depth)
        } else {
            return nil
        }
        register(collection, as: properties)
        return collection
    }

    private mutating func blockSequence(
        at column: Int,
        inside parent: Int,
        _ position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        var children = YAMLChildren()
        repeat {
            index += 1
            guard current != "\t" else { throw fault(.tabInIndentation) }
            let element = try blockNode(inside: column, start: .afterDash, depth: depth + 1)
            children.append(element)
        } while try hasNextDash(at: column, inside: parent)
        return children.sequence(at: position)
    }

    private mutating func hasNextDash(
        at column: Int,
        inside parent: Int
    ) throws(YAMLFault) -> Bool {
        guard try continues(at: column) else { return false }
        if isIndicator("-") { return true }
        // The list stands in the column of its key, and the next key follows.
        guard column == parent else { throw fault(.dashExpected) }
        return false
    }

    private mutating func blockMapping(
        at column: Int,
        from first: YAMLKey,
        _ position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        var children = YAMLChildren()
        var next: YAMLKey? = first
        while let key = next {
            try count(1, depth: depth, at: key.position)
            let value = try blockNode(inside: column, start: .afterColon, depth: depth + 1)
            children.append(value, for: key)
            next = nil
            if try continues(at: column) {
                next = try mappingKey(at: column, depth: depth)
                if next == nil { throw keyExpected() }
            }
        }
        return children.mapping(at: position)
    }

    /// Whether the collection whose lines begin in `column` has another one, and goes there.
    private mutating func continues(at column: Int) throws(YAMLFault) -> Bool {
        let isNewLine = skipToContent()
        guard !isAtEnd else { return false }
        guard isNewLine else { throw trailingText() }
        try checkIndentation()
        guard self.column <= column else { throw fault(.indentation) }
        return self.column == column
    }

    /// A tab's width is a matter of taste, so that nobody knows which column follows it.
    func checkIndentation() throws(YAMLFault) {
        guard !isAtEnd, let tab = text[lineStart..<index].firstIndex(of: "\t") else { return }
        let place = SourcePosition(line: line, column: tab - lineStart + 1)
        throw YAMLFault(.tabInIndentation, at: place)
    }
}

// MARK: - Keys

/// A mapping's key.
struct YAMLKey {
    var name: String
    var position: SourcePosition
}

extension YAMLReader {
    /// The key that begins here, up to its colon; `nil` where there is none, and nothing is read.
    private mutating func mappingKey(at column: Int, depth: Int) throws(YAMLFault) -> YAMLKey? {
        isIndicator("?")
            ? try explicitKey(at: column, depth: depth) : try implicitKey()
    }

    /// `? key`, and below it `: value`.
    private mutating func explicitKey(at column: Int, depth: Int) throws(YAMLFault) -> YAMLKey {
        let position = position
        index += 1
        let isAlias = text[index...].first { !$0.isBlank } == "*"
        let node = try blockNode(inside: column, start: .afterDash, depth: depth + 1)
        guard !isAlias else { throw YAMLFault(.aliasAsKey, at: position) }
        let name = try name(of: node.node)
        guard try continues(at: column), isIndicator(":") else { throw fault(.colonExpected) }
        index += 1
        return YAMLKey(name: name, position: node.node.position)
    }

    /// `key:`, all on one line.
    private mutating func implicitKey() throws(YAMLFault) -> YAMLKey? {
        let (start, position) = (mark, position)
        var properties = YAMLProperties()
        while try readProperty(into: &properties) { skipBlanks() }
        guard !isIndicator(":") else { throw fault(.missingKey) }
        guard let name = try keyName(), start.isOnSameLine(as: mark) else {
            mark = start
            return nil
        }
        skipBlanks()
        guard isIndicator(":") else {
            mark = start
            return nil
        }
        index += 1
        let key = ConfigurationNode(.scalar(name), at: position)
        register(YAMLSubtree(node: key), as: properties)
        return YAMLKey(name: name, position: position)
    }

    /// The text that may be a key; `nil` for what is none in any case.
    private mutating func keyName() throws(YAMLFault) -> String? {
        switch current {
        case "\"", "'":
            return try quoted()
        case "*":
            try rejectAliasAsKey()
            return nil
        default:
            return beginsPlain(inFlow: false) ? plainLine(inFlow: false) : nil
        }
    }

    private func rejectAliasAsKey() throws(YAMLFault) {
        let rest = text[(index + 1)...].drop { $0.isNameCharacter }.drop { $0.isBlank }
        guard rest.first == ":" else { return }
        let next = rest.dropFirst().first
        if next.map({ $0.isBlank || $0 == "\n" }) ?? true { throw fault(.aliasAsKey) }
    }

    /// What a node says as a key.
    func name(of key: ConfigurationNode) throws(YAMLFault) -> String {
        switch key.content {
        case .scalar(let text): return text
        case .empty: throw YAMLFault(.missingKey, at: key.position)
        case .mapping, .sequence: throw YAMLFault(.collectionAsKey, at: key.position)
        }
    }

    /// Something stands where a mapping's next key should.
    private func keyExpected() -> YAMLFault {
        if isIndicator("-") { return fault(.listAmongKeys) }
        let line = text[index...].prefix { $0 != "\n" && $0 != "#" }
        return fault(.keyExpected(found: String(String.UnicodeScalarView(line))))
    }
}

// MARK: - What a collection is made of

/// A collection's nodes, and how much they weigh.
struct YAMLChildren {
    private var elements: [ConfigurationNode] = []
    private var entries: [ConfigurationNode.Entry] = []
    private var nodeCount = 1
    private var height = 0

    mutating func append(_ element: YAMLSubtree) {
        elements.append(element.node)
        add(element)
    }

    mutating func append(_ value: YAMLSubtree, for key: YAMLKey) {
        entries.append(.init(key: key.name, keyPosition: key.position, value: value.node))
        nodeCount += 1
        add(value)
    }

    private mutating func add(_ child: YAMLSubtree) {
        nodeCount += child.nodeCount
        height = max(height, child.height)
    }

    func sequence(at position: SourcePosition) -> YAMLSubtree {
        subtree(.sequence(elements), at: position)
    }

    func mapping(at position: SourcePosition) -> YAMLSubtree {
        subtree(.mapping(entries), at: position)
    }

    private func subtree(
        _ content: ConfigurationNode.Content,
        at position: SourcePosition
    ) -> YAMLSubtree {
        YAMLSubtree(
            node: ConfigurationNode(content, at: position),
            nodeCount: nodeCount,
            height: height + 1
        )
    }
}
