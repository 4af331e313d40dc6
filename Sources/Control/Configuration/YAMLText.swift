import Core
import Yams

/// A YAML text and how it becomes a tree, in which a mapping may have the same key twice.
///
/// Yams gives up on a text with such a mapping and names one key. So that the rest is read too,
/// and all faults are told at once, the first of the two keys is masked: one character of it is
/// replaced by another that nobody types, so that all places stay the same, and Yams tries again.
/// The tree then gets both keys under their true name, and the decoder says what is wrong.
struct YAMLText {
    /// Some of Unicode's private characters, one for each masked key. Each costs one more reading
    /// of the text, so there are not many: whoever repeats more keys sees these first.
    private static let masks = (UInt32(0xe000)...0xe01f).compactMap(Unicode.Scalar.init)

    private let original: String
    private var scalars: [Unicode.Scalar]
    /// The masked keys by their places, under their true names.
    private var trueKeys: [SourcePosition: String] = [:]

    init(_ text: String) {
        original = text
        scalars = Array(text.unicodeScalars)
    }

    /// The text's tree; an empty text is an empty node.
    mutating func tree() throws(YAMLFault) -> ConfigurationNode {
        guard let root = try compose() else {
            return ConfigurationNode(.empty, at: SourcePosition(line: 1, column: 1))
        }
        var converter = YAMLConverter(trueKeys: trueKeys)
        return try converter.convert(root)
    }

    private mutating func compose() throws(YAMLFault) -> Node? {
        while true {
            do {
                // Without the rules that make `off` a boolean and 1:30 a number: the decoders say
                // what a text means.
                return try Yams.compose(yaml: text, .basic)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context)
                where maskKey(keys.first, at: SourcePosition(context.mark))
            {
                continue
            } catch {
                throw YAMLFault(error, in: original)
            }
        }
    }

    private var text: String {
        String(String.UnicodeScalarView(scalars))
    }

    /// - Returns: whether there was something to mask.
    private mutating func maskKey(_ key: String?, at position: SourcePosition) -> Bool {
        guard let key, trueKeys.count < Self.masks.count, trueKeys[position] == nil,
            let index = index(of: position)
        else { return false }
        let isQuoted = scalars[index] == "\"" || scalars[index] == "'"
        let target = isQuoted ? index + 1 : index
        guard scalars.indices.contains(target) else { return false }
        scalars[target] = Self.masks[trueKeys.count]
        trueKeys[position] = key
        return true
    }

    private func index(of position: SourcePosition) -> Int? {
        var start = scalars.startIndex
        for _ in 1..<max(position.line, 1) {
            guard let lineEnd = scalars[start...].firstIndex(of: "\n") else { return nil }
            start = lineEnd + 1
        }
        let index = start + position.column - 1
        return scalars.indices.contains(index) ? index : nil
    }
}
