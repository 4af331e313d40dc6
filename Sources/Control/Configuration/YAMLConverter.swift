import Core
import Yams

/// Turns Yams' tree into the neutral one, within limits.
///
/// A few lines of aliases that point to aliases stand for billions of values (the "billion
/// laughs"); Yams shares them, but the copy here would not.
struct YAMLConverter {
    /// The configuration's own types nest 7 deep.
    private static let depthLimit = 32
    /// Some 250,000 whitelist entries; more belong into a whitelist's `files`.
    private static let nodeLimit = 1_000_000

    /// Keys that stand in the text under another name, by their places.
    private let trueKeys: [SourcePosition: String]
    private var nodeCount = 0

    init(trueKeys: [SourcePosition: String] = [:]) {
        self.trueKeys = trueKeys
    }

    mutating func convert(_ node: Node) throws(YAMLFault) -> ConfigurationNode {
        try convert(node, depth: 0)
    }

    private mutating func convert(
        _ node: Node,
        depth: Int
    ) throws(YAMLFault) -> ConfigurationNode {
        let position = node.position
        nodeCount += 1
        guard nodeCount <= Self.nodeLimit, depth <= Self.depthLimit else {
            throw .beyondLimits(at: position)
        }
        switch node {
        case .scalar(let scalar):
            return ConfigurationNode(scalar.content, at: position)
        case .sequence(let sequence):
            return try convert(sequence, depth: depth, at: position)
        case .mapping(let mapping):
            return try convert(mapping, depth: depth, at: position)
        case .alias:
            throw YAMLFault(message: "YAML: an alias without its anchor", position: position)
        }
    }

    private mutating func convert(
        _ sequence: Node.Sequence,
        depth: Int,
        at position: SourcePosition
    ) throws(YAMLFault) -> ConfigurationNode {
        var elements: [ConfigurationNode] = []
        elements.reserveCapacity(sequence.count)
        for element in sequence {
            elements.append(try convert(element, depth: depth + 1))
        }
        return ConfigurationNode(.sequence(elements), at: position)
    }

    private mutating func convert(
        _ mapping: Node.Mapping,
        depth: Int,
        at position: SourcePosition
    ) throws(YAMLFault) -> ConfigurationNode {
        var entries: [ConfigurationNode.Entry] = []
        entries.reserveCapacity(mapping.count)
        for (key, value) in mapping {
            let value = try convert(value, depth: depth + 1)
            entries.append(
                ConfigurationNode.Entry(
                    key: try name(of: key),
                    keyPosition: key.position,
                    value: value
                )
            )
        }
        return ConfigurationNode(.mapping(entries), at: position)
    }

    private func name(of key: Node) throws(YAMLFault) -> String {
        guard case .scalar(let scalar) = key else {
            throw YAMLFault(message: "YAML: a key must be a word", position: key.position)
        }
        return trueKeys[key.position] ?? scalar.string
    }
}

extension Node {
    fileprivate var position: SourcePosition {
        mark.map(SourcePosition.init) ?? SourcePosition(line: 1, column: 1)
    }
}

extension Node.Scalar {
    /// Only a plain scalar can be a null (YAML 1.2 §10.2.1.1): `""` is an empty text.
    fileprivate var content: ConfigurationNode.Content {
        let isNull = style == .plain && ["", "~", "null", "Null", "NULL"].contains(string)
        return isNull ? .empty : .scalar(string)
    }
}

extension YAMLFault {
    fileprivate static func beyondLimits(at position: SourcePosition) -> YAMLFault {
        YAMLFault(
            message: "more values than a configuration may have, or nested too deep",
            position: position,
            remedy: "move long whitelists into files; check the aliases"
        )
    }
}
