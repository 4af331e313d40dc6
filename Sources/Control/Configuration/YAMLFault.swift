import Core
import Yams

/// Why a text is no YAML that a configuration can be read from: always the operator's fault.
///
/// There is one at most, because nothing behind a broken line can be understood.
struct YAMLFault: Error {
    var message: String
    var position: SourcePosition?
    var remedy: String?
}

extension YAMLFault {
    /// - Parameter text: the text whose reading failed, to find the place of an offset.
    init(_ error: any Error, in text: String) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _)?,
            .parser(let context, let problem, let mark, _)?,
            .composer(let context, let problem, let mark, _)?:
            let situation = context.map { "\($0.text), " } ?? ""
            self.init(message: "YAML: \(situation)\(problem)", position: SourcePosition(mark))
        case .reader(let problem, let offset, _, _)?:
            let position = offset.flatMap { SourcePosition(ofCharacter: $0, in: text) }
            self.init(message: "YAML: \(problem)", position: position)
        case .duplicatedKeysInMapping(let keys, let context)?:
            let names = keys.map(\.debugDescription).joined(separator: ", ")
            self.init(
                message: "YAML: the key \(names) is given twice",
                position: SourcePosition(context.mark)
            )
        default:
            self.init(message: "YAML: \(error)")
        }
    }
}

extension SourcePosition {
    init(_ mark: Mark) {
        self.init(line: mark.line, column: mark.column)
    }

    /// The place of a character, which is how Yams counts here; `nil` beyond the text's end.
    init?(ofCharacter offset: Int, in text: String) {
        guard offset >= 0,
            let end = text.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex)
        else { return nil }
        let scalars = text[..<end].unicodeScalars
        let lines = scalars.split(separator: "\n", omittingEmptySubsequences: false)
        self.init(line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }
}
