// Collections in brackets (YAML 1.2 §7.4).

extension YAMLReader {
    /// `[ a, b: c ]`
    mutating func flowSequence(
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        let opening = fault(.unclosed("["))
        var children = YAMLChildren()
        index += 1
        while try !endsFlow(with: "]", opening) {
            let place = self.position
            let key = try flowKey(depth: depth + 1, opening)
            if try skipsColon(after: key, opening) {
                let name = try name(of: key)
                try count(1, depth: depth + 1, at: place)
                var pair = YAMLChildren()
                pair.append(try flowNode(depth: depth + 2, opening), for: name)
                children.append(pair.mapping(at: place))
            } else if key.isExplicit {
                throw fault(.colonExpected)
            } else {
                children.append(key.node)
            }
            try endElement(before: "]", opening)
        }
        return children.sequence(at: position)
    }

    /// `{ a: b, c }`
    mutating func flowMapping(
        at position: SourcePosition,
        depth: Int
    ) throws(YAMLFault) -> YAMLSubtree {
        let opening = fault(.unclosed("{"))
        var children = YAMLChildren()
        index += 1
        while try !endsFlow(with: "}", opening) {
            let key = try flowKey(depth: depth + 1, opening)
            let name = try name(of: key)
            let end = self.position
            let value =
                try skipsColon(after: key, opening)
                ? try flowNode(depth: depth + 1, opening)
                : try emptyNode(YAMLProperties(), at: end, depth: depth + 1)
            children.append(value, for: name)
            try endElement(before: "}", opening)
        }
        return children.mapping(at: position)
    }

    /// - Parameter opening: the error of a collection that never ends, at its bracket.
    private mutating func skipInFlow(_ opening: YAMLFault) throws(YAMLFault) {
        _ = skipToContent()
        guard !isAtEnd else { throw opening }
    }

    /// Whether the collection ends here, and goes behind its end.
    private mutating func endsFlow(
        with bracket: Unicode.Scalar,
        _ opening: YAMLFault
    ) throws(YAMLFault) -> Bool {
        try skipInFlow(opening)
        guard current != "," else { throw fault(.missingElement) }
        guard current == bracket else { return false }
        index += 1
        return true
    }

    /// Passes the comma after an element; without one only the end may follow.
    private mutating func endElement(
        before bracket: Unicode.Scalar,
        _ opening: YAMLFault
    ) throws(YAMLFault) {
        try skipInFlow(opening)
        if current == "," {
            index += 1
        } else if current != bracket {
            throw lastCollection.upperBound == index && current == ":"
                ? trailingText() : fault(.commaExpected(bracket))
        }
    }
}

// MARK: - Elements

/// What may turn out to be a key.
private struct FlowKey {
    var node: YAMLSubtree
    /// After a question mark.
    var isExplicit: Bool
    var isAlias: Bool
    /// In quotes or brackets: a colon right behind it is one (YAML 1.2 §7.4.2).
    var isClosed: Bool
}

extension YAMLReader {
    private mutating func flowKey(
        depth: Int,
        _ opening: YAMLFault
    ) throws(YAMLFault) -> FlowKey {
        let isExplicit = isIndicator("?")
        if isExplicit {
            index += 1
            try skipInFlow(opening)
        }
        let (isAlias, isClosed) = (current == "*", current == "\"" || current == "'")
        let node = try flowNode(depth: depth, opening)
        return FlowKey(node: node, isExplicit: isExplicit, isAlias: isAlias, isClosed: isClosed)
    }

    private mutating func skipsColon(
        after key: FlowKey,
        _ opening: YAMLFault
    ) throws(YAMLFault) -> Bool {
        try skipInFlow(opening)
        guard current == ":", isSpace(1) || isFlowIndicator(1) || key.isClosed else {
            return false
        }
        // A bracket that was forgotten would make one key of everything below it.
        guard key.node.node.position.line == line else {
            throw fault(.keyOverLines(opening: opening.position.line))
        }
        index += 1
        return true
    }

    private func name(of key: FlowKey) throws(YAMLFault) -> YAMLKey {
        let position = key.node.node.position
        guard !key.isAlias else { throw YAMLFault(.aliasAsKey, at: position) }
        return YAMLKey(name: try name(of: key.node.node), position: position)
    }

    private mutating func flowNode(
        depth: Int,
        _ opening: YAMLFault
    ) throws(YAMLFault) -> YAMLSubtree {
        try checkDepth(depth)
        try skipInFlow(opening)
        var properties = YAMLProperties()
        while try readProperty(into: &properties) { try skipInFlow(opening) }
        let position = properties.position ?? position
        switch current {
        case "*", "\"", "'", "[", "{":
            return try closedNode(properties, at: position, depth: depth)
        case ",", "]", "}":
            return try emptyNode(properties, at: position, depth: depth)
        case ":" where isSpace(1) || isFlowIndicator(1):
            return try emptyNode(properties, at: position, depth: depth)
        default:
            guard beginsPlain(inFlow: true) else { throw cannotBegin() }
            return try plainLeaf(flowPlain(), properties, at: position, depth: depth)
        }
    }

    private func isFlowIndicator(_ offset: Int) -> Bool {
        character(offset)?.isFlowIndicator ?? false
    }
}
