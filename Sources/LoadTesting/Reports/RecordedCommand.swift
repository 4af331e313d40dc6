import Text

/// A command line as a report records it: it can be pasted into a shell, and holds no secrets.
package struct RecordedCommand: Hashable, Sendable {
    /// Without the program.
    private let arguments: [String]

    package init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// The values of header fields are left out: they may be credentials.
    package var text: String {
        var words = ["sluice"]
        var isHeader = false
        for argument in arguments {
            if isHeader {
                words.append(Self.quoted(Self.withoutValue(argument)))
            } else if argument.hasPrefix("--header=") {
                let field = argument.dropFirst("--header=".count)
                words.append("--header=" + Self.quoted(Self.withoutValue(String(field))))
            } else {
                words.append(Self.quoted(argument))
            }
            isHeader = argument == "--header"
        }
        return words.joined(separator: " ")
    }

    private static func withoutValue(_ field: String) -> String {
        field.prefix { $0 != ":" } + ": …"
    }

    /// As a POSIX shell reads it (IEEE Std 1003.1, "Quoting").
    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "_-./:=@%+,".contains($0))
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + Failure.printable(word).replacing("'", with: #"'\''"#) + "'"
    }
}
