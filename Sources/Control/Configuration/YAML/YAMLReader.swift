import Core

/// Reads the YAML of a configuration file into a tree of texts with their places.
///
/// libyaml says what the text consists of; this reader builds the tree, within limits that it checks
/// at each event: nothing is built, and no deeper call made, beyond them. A few lines of aliases of
/// aliases stand for billions of values, or for one thousands of levels deep: what an alias stands
/// for therefore counts again wherever it is shared.
///
/// Scalars stay text: whether `off` is a word or a boolean is for the one who asks to say. A key is a
/// single value, never an alias or a collection, and a file holds one document. A mapping may have
/// the same key twice; the decoder reports it.
///
/// - Complexity: O(*n*) for *n* characters.
struct YAMLReader: ~Copyable {
    /// The configuration's own types nest 7 deep.
    static let depthLimit = 32
    /// Some 250,000 whitelist entries, with what aliases stand for; longer lists belong into files.
    static let nodeLimit = 1_000_000

    /// A node, and what counts against the limits wherever an alias stands for it.
    private struct Subtree {
        var node: ConfigurationNode
        /// With the node itself and the keys.
        var nodeCount = 1
        /// The levels of collections inside one another; 0 for a scalar.
        var height = 0
    }

    private let source: YAMLSource
    private var events: YAMLEvents
    private var anchors: [String: Subtree] = [:]
    private var nodeCount = 0
    /// The collections that are being read, innermost last.
    private var open: [YAMLCollection] = []

    /// The tree of a whole file; an empty text is an empty node at its beginning.
    ///
    /// - Throws: the first error, because nothing after it can be understood.
    static func read(_ text: String) throws(YAMLFault) -> ConfigurationNode {
        let source = YAMLSource(text)
        try source.checkCharacters()
        try source.checkDirectives()
        var reader = try YAMLReader(text, source)
        return try reader.document()
    }

    private init(_ text: String, _ source: YAMLSource) throws(YAMLFault) {
        self.source = source
        do throws(YAMLFailure) {
            events = try YAMLEvents(text)
        } catch {
            throw YAMLFault(.outOfMemory, at: SourcePosition(line: 1, column: 1))
        }
    }

    private mutating func next() throws(YAMLFault) -> YAMLEvent {
        do throws(YAMLFailure) {
            return try events.next()
        } catch {
            throw YAMLDiagnosis(source: source, open: open).fault(error)
        }
    }
}

// MARK: - Documents

extension YAMLReader {
    private mutating func document() throws(YAMLFault) -> ConfigurationNode {
        let empty = ConfigurationNode(.empty, at: SourcePosition(line: 1, column: 1))
        guard case .document = try next().kind else { return empty }
        let root = try node(from: try next(), depth: 0).node
        let end = try next()
        // libyaml is not asked for more: it would read the next document's directives.
        if let rest = source.content(after: end.end) {
            throw YAMLDiagnosis(source: source).textAfterDocument(at: rest)
        }
        return root.content == .empty ? empty : root
    }
}

// MARK: - Nodes

extension YAMLReader {
    private mutating func node(
        from event: YAMLEvent,
        depth: Int
    ) throws(YAMLFault) -> Subtree {
        let position = event.start.position
        if case .alias(let name) = event.kind { return try alias(name, at: position, depth: depth) }
        try checkTag(of: event)
        try count(1, depth: depth, at: position)
        let subtree: Subtree
        switch event.kind {
        case .scalar(let text, let isPlain):
            let isNull = isPlain && Self.nulls.contains(text) && !hasTextTag(event)
            subtree = Subtree(
                node: ConfigurationNode(isNull ? .empty : .scalar(text), at: position)
            )
        case .sequence(let isFlow):
            open.append(YAMLCollection(isSequence: true, isFlow: isFlow, position: position))
            subtree = try sequence(at: position, depth: depth)
            open.removeLast()
        case .mapping(let isFlow):
            open.append(YAMLCollection(isSequence: false, isFlow: isFlow, position: position))
            subtree = try mapping(at: position, depth: depth)
            open.removeLast()
        case .alias, .document, .documentEnd, .collectionEnd, .streamEnd:
            throw YAMLFault(.unexpectedEnd, at: position)
        }
        if let anchor = event.anchor { anchors[anchor] = subtree }
        return subtree
    }

    /// What an alias stands for, at its anchor's place. All of it counts again.
    private mutating func alias(
        _ name: String,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> Subtree {
        guard let subtree = anchors[name] else {
            throw YAMLFault(.unknownAnchor(name), at: position)
        }
        try count(subtree.nodeCount, depth: depth + subtree.height, at: position)
        return subtree
    }

    private mutating func sequence(
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> Subtree {
        let countBefore = nodeCount
        var elements: [ConfigurationNode] = []
        var height = 0
        while true {
            let event = try next()
            if case .collectionEnd = event.kind { break }
            let element = try node(from: event, depth: depth + 1)
            elements.append(element.node)
            height = max(height, element.height)
        }
        return Subtree(
            node: ConfigurationNode(.sequence(elements), at: position),
            nodeCount: nodeCount - countBefore + 1,
            height: height + 1
        )
    }

    private mutating func mapping(
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> Subtree {
        let countBefore = nodeCount
        var entries: [ConfigurationNode.Entry] = []
        var height = 0
        while true {
            let event = try next()
            if case .collectionEnd = event.kind { break }
            let key = try key(from: event, depth: depth)
            let value = try node(from: try next(), depth: depth + 1)
            entries.append(.init(key: key, keyPosition: event.start.position, value: value.node))
            height = max(height, value.height)
        }
        return Subtree(
            node: ConfigurationNode(.mapping(entries), at: position),
            nodeCount: nodeCount - countBefore + 1,
            height: height + 1
        )
    }

    private mutating func key(from event: YAMLEvent, depth: Int) throws(YAMLFault) -> String {
        let position = event.start.position
        switch event.kind {
        case .scalar(let text, let isPlain):
            try checkTag(of: event)
            try count(1, depth: depth, at: position)
            guard !isPlain || !text.isEmpty || hasTextTag(event) else {
                throw YAMLFault(.missingKey, at: position)
            }
            let key = ConfigurationNode(.scalar(text), at: position)
            if let anchor = event.anchor { anchors[anchor] = Subtree(node: key) }
            return text
        case .alias:
            throw YAMLFault(.aliasAsKey, at: position)
        default:
            let address = source.bracketedAddress(around: event.start)
            throw address ?? YAMLFault(.collectionAsKey, at: position)
        }
    }
}

// MARK: - Limits

extension YAMLReader {
    /// Counts a node, or all that an alias stands for, before it is built and before a step down.
    private mutating func count(
        _ added: Int,
        depth: Int,
        at position: SourcePosition
    ) throws(YAMLFault) {
        nodeCount += added
        guard nodeCount <= Self.nodeLimit else { throw YAMLFault(.tooManyValues, at: position) }
        guard depth <= Self.depthLimit else { throw YAMLFault(.tooDeep, at: position) }
    }
}

// MARK: - Tags

extension YAMLReader {
    /// The plain scalars that are nulls (YAML 1.2 §10.2.1.1); in quotes each is a text.
    private static let nulls: Set = ["", "~", "null", "Null", "NULL"]

    private static let core = "tag:yaml.org,2002:"
    private static let types: Set = [
        "str", "int", "float", "bool", "null", "map", "seq", "timestamp",
    ]

    /// The tags of YAML's own types say what the configuration knows anyway; there are no others.
    private func checkTag(of event: YAMLEvent) throws(YAMLFault) {
        guard let tag = event.tag, tag != "!" else { return }
        guard tag.hasPrefix(Self.core), Self.types.contains(String(tag.dropFirst(Self.core.count)))
        else {
            throw YAMLFault(.unknownTag(source.tagged(from: event.start.index)), at: event.start)
        }
    }

    /// Whether the tag makes a text of any scalar. `!` does too, and libyaml drops it.
    private func hasTextTag(_ event: YAMLEvent) -> Bool {
        guard let tag = event.tag else {
            return source.text[event.start.index..<event.end].contains("!")
        }
        return tag == "!" || tag == Self.core + "str"
    }
}
