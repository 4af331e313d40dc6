import Settings

/// Reads the YAML of a configuration file into a tree of texts with their places.
///
/// libyaml reports what the text consists of; this reader builds the tree, within limits that it
/// checks at each event: nothing is built, and no deeper call made, beyond them. A few lines of
/// nested aliases can expand to billions of values, or to one that is thousands of levels deep:
/// what an alias stands for therefore counts again each time it is used.
///
/// Scalars stay text: whether `off` is a word or a boolean is up to the decoder. A key is a single
/// value, never an alias or a collection, and a file holds one document. A mapping may have the
/// same key twice; the decoder reports it.
///
/// - Complexity: O(*n*) for *n* characters.
struct YAMLReader: ~Copyable {
    /// The configuration's own types nest 7 deep.
    static let depthLimit = 32
    /// About 250,000 whitelist entries, including expanded aliases; longer lists belong in files.
    static let nodeLimit = 1_000_000

    /// A node, and what counts against the limits wherever an alias refers to it.
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

    /// What was read of the innermost collection around an error, in those around it.
    private var partial: ConfigurationNode?
    /// The index after the last scalar that was read.
    private var lastScalarEnd = 0

    /// The tree of a whole file; an empty text is an empty node at its beginning.
    ///
    /// - Throws: the first error, because nothing after it can be understood.
    static func read(_ text: String) throws(YAMLError) -> ConfigurationNode {
        let reading = reading(of: text)
        if let fault = reading.fault { throw fault }
        return reading.tree ?? emptyTree
    }

    /// The same, but for a text with an error also what precedes it: a tree in which some
    /// collections are incomplete, and `nil` if nothing is certain.
    static func reading(of text: String) -> (tree: ConfigurationNode?, fault: YAMLError?) {
        let source = YAMLSource(text)
        do throws(YAMLError) {
            try source.checkCharacters()
            try source.checkDirectives()
            var reader = try YAMLReader(text, source)
            do throws(YAMLError) {
                return (try reader.document(), nil)
            } catch {
                return (error.reason.isLimit ? nil : reader.partial, error)
            }
        } catch {
            return (nil, error)
        }
    }

    private static var emptyTree: ConfigurationNode {
        ConfigurationNode(.empty, at: SourcePosition(line: 1, column: 1))
    }

    private init(_ text: String, _ source: YAMLSource) throws(YAMLError) {
        self.source = source
        do throws(YAMLFailure) {
            events = try YAMLEvents(text)
        } catch {
            throw YAMLError(.outOfMemory, at: SourcePosition(line: 1, column: 1))
        }
    }

    private mutating func next() throws(YAMLError) -> YAMLEvent {
        do throws(YAMLFailure) {
            return try events.next()
        } catch {
            let fault = YAMLDiagnosis(source: source, open: open).fault(error)
            throw source.foreignSpace(near: fault.position) ?? fault
        }
    }
}

// MARK: - Documents

extension YAMLReader {
    private mutating func document() throws(YAMLError) -> ConfigurationNode {
        guard case .document = try next().kind else { return Self.emptyTree }
        let root = try node(from: try next(), depth: 0).node
        partial = root
        let end = try next()
        // libyaml is not called further: it would read the next document's directives.
        if let rest = source.content(after: end.end) {
            throw YAMLDiagnosis(source: source).textAfterDocument(at: rest)
        }
        return root.content == .empty ? Self.emptyTree : root
    }
}

// MARK: - Nodes

extension YAMLReader {
    private mutating func node(
        from event: YAMLEvent,
        depth: Int
    ) throws(YAMLError) -> Subtree {
        let position = event.start.position
        if case .alias(let name) = event.kind { return try alias(name, at: position, depth: depth) }
        try checkTag(of: event)
        try count(1, depth: depth, at: position)
        let subtree: Subtree
        switch event.kind {
        case .scalar(let text, let isPlain):
            lastScalarEnd = event.end
            if isPlain { try source.checkSpaces(ofValue: event.start.index..<event.end) }
            let isNull = isPlain && Self.nulls.contains(text) && !hasTextTag(event)
            subtree = Subtree(
                node: ConfigurationNode(isNull ? .empty : .scalar(text), at: position)
            )
        case .sequence(let isFlow):
            open.append(YAMLCollection(isSequence: true, isFlow: isFlow, position: position))
            subtree = try sequence(at: position, isFlow: isFlow, depth: depth)
            open.removeLast()
        case .mapping(let isFlow):
            open.append(YAMLCollection(isSequence: false, isFlow: isFlow, position: position))
            subtree = try mapping(at: position, isFlow: isFlow, depth: depth)
            open.removeLast()
        case .alias, .document, .documentEnd, .collectionEnd, .streamEnd:
            throw YAMLError(.unexpectedEnd, at: position)
        }
        if let anchor = event.anchor { anchors[anchor] = subtree }
        return subtree
    }

    /// What an alias refers to, at its anchor's place. All of it counts again.
    private mutating func alias(
        _ name: String,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLError) -> Subtree {
        guard let subtree = anchors[name] else {
            throw YAMLError(.unknownAnchor(name), at: position)
        }
        try count(subtree.nodeCount, depth: depth + subtree.height, at: position)
        return subtree
    }

    private mutating func sequence(
        at position: SourcePosition,
        isFlow: Bool,
        depth: Int
    ) throws(YAMLError) -> Subtree {
        let countBefore = nodeCount
        var elements: [ConfigurationNode] = []
        var height = 0
        do throws(YAMLError) {
            while true {
                let event = try next()
                if case .collectionEnd = event.kind { break }
                let element = try node(from: event, depth: depth + 1)
                elements.append(element.node)
                height = max(height, element.height)
            }
        } catch {
            if let partial {
                elements.append(partial)
            } else if isDoubtful(elements.last, before: error) {
                elements.removeLast()
            }
            keep(.sequence(elements), at: position, isFlow: isFlow)
            throw error
        }
        return Subtree(
            node: ConfigurationNode(.sequence(elements), at: position),
            nodeCount: nodeCount - countBefore + 1,
            height: height + 1
        )
    }

    private mutating func mapping(
        at position: SourcePosition,
        isFlow: Bool,
        depth: Int
    ) throws(YAMLError) -> Subtree {
        let countBefore = nodeCount
        var entries: [ConfigurationNode.Entry] = []
        var height = 0
        var begun: (key: String, position: SourcePosition)?
        do throws(YAMLError) {
            while true {
                let event = try next()
                if case .collectionEnd = event.kind { break }
                let key = try key(from: event, depth: depth)
                begun = (key, event.start.position)
                let value = try node(from: try next(), depth: depth + 1)
                entries.append(
                    .init(key: key, keyPosition: event.start.position, value: value.node)
                )
                height = max(height, value.height)
                begun = nil
            }
        } catch {
            if let begun, let partial {
                entries.append(
                    .init(key: begun.key, keyPosition: begun.position, value: partial)
                )
            } else if begun == nil, isDoubtful(entries.last?.value, before: error) {
                entries.removeLast()
            }
            keep(.mapping(entries), at: position, isFlow: isFlow)
            throw error
        }
        return Subtree(
            node: ConfigurationNode(.mapping(entries), at: position),
            nodeCount: nodeCount - countBefore + 1,
            height: height + 1
        )
    }

    /// Keeps what was read of a collection when an error ended it. In brackets nothing is certain:
    /// what is missing may be the closing bracket.
    private mutating func keep(
        _ content: ConfigurationNode.Content,
        at position: SourcePosition,
        isFlow: Bool
    ) {
        var node = ConfigurationNode(content, at: position)
        node.isIncomplete = true
        partial = isFlow ? nil : node
    }

    /// Whether a scalar reaches into the error's line, which may be the next key's.
    private func isDoubtful(_ node: ConfigurationNode?, before fault: YAMLError) -> Bool {
        guard case .scalar? = node?.content else { return false }
        return source.line(of: lastScalarEnd) >= fault.position.line
    }

    private mutating func key(from event: YAMLEvent, depth: Int) throws(YAMLError) -> String {
        let position = event.start.position
        switch event.kind {
        case .scalar(let text, let isPlain):
            try checkTag(of: event)
            if isPlain { try source.checkSpaces(ofKey: event.start.index..<event.end) }
            try count(1, depth: depth, at: position)
            guard !isPlain || !text.isEmpty || hasTextTag(event) else {
                throw YAMLError(.missingKey, at: position)
            }
            let key = ConfigurationNode(.scalar(text), at: position)
            if let anchor = event.anchor { anchors[anchor] = Subtree(node: key) }
            return text
        case .alias:
            throw YAMLError(.aliasAsKey, at: position)
        default:
            let address = source.bracketedAddress(around: event.start)
            throw address ?? YAMLError(.collectionAsKey, at: position)
        }
    }
}

// MARK: - Limits

extension YAMLReader {
    /// Counts a node, or everything that an alias stands for, before it is built and before a step
    /// down.
    private mutating func count(
        _ added: Int,
        depth: Int,
        at position: SourcePosition
    ) throws(YAMLError) {
        nodeCount += added
        guard nodeCount <= Self.nodeLimit else { throw YAMLError(.tooManyValues, at: position) }
        guard depth <= Self.depthLimit else { throw YAMLError(.tooDeep, at: position) }
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

    /// The tags of YAML's own types add nothing that the configuration does not know; there are no
    /// others.
    private func checkTag(of event: YAMLEvent) throws(YAMLError) {
        guard let tag = event.tag, tag != "!" else { return }
        guard tag.hasPrefix(Self.core), Self.types.contains(String(tag.dropFirst(Self.core.count)))
        else {
            throw YAMLError(.unknownTag(source.tagged(from: event.start.index)), at: event.start)
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
