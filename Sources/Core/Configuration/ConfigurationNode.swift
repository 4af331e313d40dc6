/// One value of a configuration file with its place: what the decoders read instead of YAML.
///
/// A scalar keeps the text as written: whether `off` is a word or `5s` a duration is for the one
/// who asks to say, not for the file format.
public struct ConfigurationNode: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// A key with nothing behind it, `null` or `~`.
        case empty
        case scalar(String)
        /// In the file's order; a key that was written twice is there twice.
        case mapping([Entry])
        case sequence([ConfigurationNode])
    }

    /// A key and its value.
    public struct Entry: Hashable, Sendable {
        public var key: String
        public var keyPosition: SourcePosition
        public var value: ConfigurationNode

        public init(key: String, keyPosition: SourcePosition, value: ConfigurationNode) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    public var content: Content
    public var position: SourcePosition

    public init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }
}

extension ConfigurationNode {
    /// What stands here, in an operator's words.
    var kind: String {
        switch content {
        case .empty: "nothing"
        case .scalar: "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        }
    }
}

/// A place in a text file, both counted from 1; columns count Unicode scalars.
public struct SourcePosition: Hashable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

extension SourcePosition: Comparable {
    public static func < (a: SourcePosition, b: SourcePosition) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}
