// Nodes that begin on their line: scalars, flow collections and aliases, with anchors and tags.

/// The anchor and the tag before a node (YAML 1.2 §6.9).
struct YAMLProperties {
    fileprivate var anchor: String?
    fileprivate var hasTag = false
    /// Whether the tag makes a text of any scalar.
    fileprivate var isText = false
    /// Where the first of them begins.
    fileprivate(set) var position: SourcePosition?
}

extension YAMLReader {
    /// Reads an anchor or a tag, if one begins here.
    mutating func readProperty(into properties: inout YAMLProperties) throws(YAMLFault) -> Bool {
        let position = position
        switch current {
        case "&":
            guard properties.anchor == nil else { throw fault(.repeatedProperty) }
            properties.anchor = try anchorName()
        case "!":
            guard !properties.hasTag else { throw fault(.repeatedProperty) }
            properties.isText = try tagMakesText()
            properties.hasTag = true
        default:
            return false
        }
        if properties.position == nil { properties.position = position }
        return true
    }

    mutating func register(_ subtree: YAMLSubtree, as properties: YAMLProperties) {
        if let anchor = properties.anchor { anchors[anchor] = subtree }
    }

    /// The word after `&` or `*`.
    private mutating func anchorName() throws(YAMLFault) -> String {
        let name = text[(index + 1)...].prefix { $0.isNameCharacter }
        let end = name.endIndex
        let isWhole = end == text.count || text[end].isSpaceOrFlowIndicator
        guard !name.isEmpty, isWhole else {
            throw fault(current == "*" ? .noAlias(word(from: index)) : .noAnchor)
        }
        index = end
        return String(String.UnicodeScalarView(name))
    }

    /// The tags of YAML's own types say what the configuration knows anyway.
    private mutating func tagMakesText() throws(YAMLFault) -> Bool {
        let tag = word(from: index)
        let verbatim = "!<tag:yaml.org,2002:"
        let name =
            tag.hasPrefix(verbatim) && tag.hasSuffix(">")
            ? "!!" + tag.dropFirst(verbatim.count).dropLast() : tag
        guard Self.tags.contains(name) else { throw fault(.unknownTag(restOfValue)) }
        index += tag.unicodeScalars.count
        return name == "!" || name == "!!str"
    }

    private static let tags: Set = [
        "!", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!timestamp",
    ]

    /// Up to the next space or, in a collection, its next indicator.
    func word(from start: Int) -> String {
        String(String.UnicodeScalarView(text[start...].prefix { !$0.isSpaceOrFlowIndicator }))
    }

    /// Up to a comment, an indicator of a flow collection or the end of the line.
    private var restOfValue: String {
        let rest = text[index...].prefix { $0 != "\n" && $0 != "#" && !$0.isFlowIndicator }
        let end = rest.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? rest.startIndex
        return String(String.UnicodeScalarView(rest[..<end]))
    }
}

// MARK: - Nodes

extension YAMLReader {
    mutating func emptyNode(
        _ properties: YAMLProperties,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        let content: ConfigurationNode.Content = properties.isText ? .scalar("") : .empty
        return try leaf(content, properties, at: position, depth: depth)
    }

    /// A node in a block that is no block collection.
    mutating func inlineNode(
        _ properties: YAMLProperties,
        inside parent: Int,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        let position = properties.position ?? position
        switch current {
        case "|", ">":
            let text = try blockScalar(inside: parent)
            return try leaf(.scalar(text), properties, at: position, depth: depth)
        case "*", "\"", "'", "[", "{":
            return try closedNode(properties, at: position, depth: depth)
        default:
            guard beginsPlain(inFlow: false) else { throw cannotBegin() }
            let text = try plain(inside: parent)
            return try plainLeaf(text, properties, at: position, depth: depth)
        }
    }

    /// A node that says itself where it ends: an alias, a quoted scalar or a flow collection.
    mutating func closedNode(
        _ properties: YAMLProperties,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        switch current {
        case "*": return try alias(properties, depth: depth)
        case "[", "{":
            try count(1, depth: depth, at: position)
            let start = index
            let collection =
                current == "["
                ? try flowSequence(at: position, depth: depth)
                : try flowMapping(at: position, depth: depth)
            lastCollection = start..<index
            register(collection, as: properties)
            return collection
        default:
            return try leaf(.scalar(try quoted()), properties, at: position, depth: depth)
        }
    }

    /// A plain scalar, which alone can be a null (YAML 1.2 §10.2.1.1): `""` is an empty text.
    mutating func plainLeaf(
        _ text: String,
        _ properties: YAMLProperties,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        let isNull = !properties.isText && ["~", "null", "Null", "NULL"].contains(text)
        return try leaf(isNull ? .empty : .scalar(text), properties, at: position, depth: depth)
    }

    private mutating func leaf(
        _ content: ConfigurationNode.Content,
        _ properties: YAMLProperties,
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        try count(1, depth: depth, at: position)
        let leaf = YAMLSubtree(node: ConfigurationNode(content, at: position))
        register(leaf, as: properties)
        return leaf
    }

    /// What an alias stands for, at its anchor's place. All of it counts again.
    private mutating func alias(
        _ properties: YAMLProperties,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        guard properties.position == nil else { throw fault(.propertyOfAlias) }
        let position = position
        let name = try anchorName()
        guard let subtree = anchors[name] else {
            throw YAMLFault(.unknownAnchor(name), at: position)
        }
        try count(subtree.nodeCount, depth: depth + subtree.height, at: position)
        return subtree
    }
}

// MARK: - Errors

extension YAMLReader {
    /// No node begins with the next character.
    func cannotBegin() -> YAMLFault {
        guard let current else { return fault(.unexpectedEnd) }
        return isIndicator("-") ? fault(.listInLine) : fault(.cannotBegin(current))
    }

    /// Something follows a node on its line. `[::]:9030` is a list to YAML, with a rest.
    func trailingText() -> YAMLFault {
        if lastCollection.upperBound == index, current == ":" {
            let start = lastCollection.lowerBound
            let address = String(String.UnicodeScalarView(text[start..<index])) + word(from: index)
            let position = SourcePosition(line: line, column: start - lineStart + 1)
            let hasPort = character(1)?.isDigit ?? false
            return YAMLFault(hasPort ? .bracketedAddress(address) : .collectionAsKey, at: position)
        }
        return fault(.trailingText(word(from: index)))
    }
}

extension Unicode.Scalar {
    var isNameCharacter: Bool {
        isDigit || ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "-"
            || self == "_"
    }

    var isDigit: Bool { ("0"..."9").contains(self) }

    fileprivate var isSpaceOrFlowIndicator: Bool { isBlank || self == "\n" || isFlowIndicator }
}
