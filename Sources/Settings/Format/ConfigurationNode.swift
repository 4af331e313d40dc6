import Text

/// One value of a configuration file with its place: what the decoders read instead of YAML.
///
/// A scalar keeps the text as written: whether `off` is a word or `5s` a duration is up to the
/// decoder, not the file format.
package struct ConfigurationNode: Hashable, Sendable {
    /// What a place may contain.
    package enum Content: Hashable, Sendable {
        /// A key without a value, `null` or `~`.
        case empty
        case scalar(String)
        /// In the file's order; a key that was written twice is there twice.
        case mapping([Entry])
        case sequence([ConfigurationNode])
    }

    /// A key and its value.
    package struct Entry: Hashable, Sendable {
        /// As written, without quotes.
        package var key: String
        /// Where the key starts; the value has its own place.
        package var keyPosition: SourcePosition
        /// Empty if the key has no value.
        package var value: ConfigurationNode

        /// A key at `keyPosition`, and its value.
        package init(key: String, keyPosition: SourcePosition, value: ConfigurationNode) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    /// The content.
    package var content: Content
    /// Where it starts; for an alias, where its anchor's value does.
    package var position: SourcePosition
    /// Whether a syntax error ended this collection early. Nothing follows from what it lacks.
    package var isIncomplete = false

    /// The content at `position`.
    package init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }
}

extension ConfigurationNode {
    /// What kind of value this is, for messages.
    var kind: String {
        switch content {
        case .empty: "nothing"
        case .scalar: "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        }
    }

    /// `db:3306` in which a space after the colon made a mapping, `db: 3306`, or a mapping of an
    /// empty value, `db:`.
    var splitAddress: (host: String, port: String?)? {
        guard case .mapping(let entries) = content, let entry = entries.first, entries.count == 1
        else { return nil }
        switch entry.value.content {
        case .empty: return (entry.key, nil)
        case .scalar(let text) where UInt16(text) != nil: return (entry.key, text)
        default: return nil
        }
    }
}

extension String {
    /// As a value in YAML, in quotes if it could be read as something else.
    var asYAML: String {
        let isPlain =
            allSatisfy { $0.isNameCharacter || "./:".contains($0) } && !hasPrefix(":")
            && !hasPrefix("-") && !hasSuffix(":") && !contains("::") && !isEmpty
        return isPlain ? self : debugDescription
    }
}

/// A place in a text file, both counted from 1; columns count Unicode scalars.
package struct SourcePosition: Hashable, Sendable {
    /// Of the file, not of the document in it.
    package var line: Int
    /// Of a scalar in quotes, the first quote's.
    package var column: Int

    /// - Parameter line: counted from 1, as is `column`.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

extension SourcePosition: Comparable {
    /// Whether `a` precedes `b` in the same file.
    package static func < (a: SourcePosition, b: SourcePosition) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}
