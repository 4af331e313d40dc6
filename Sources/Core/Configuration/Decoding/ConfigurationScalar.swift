/// A type whose values are written as one scalar of a configuration file.
protocol ConfigurationScalar {
    /// What is wanted, after the word "expected": `a duration such as 5s`.
    static var expectation: String { get }

    init(configurationText text: String) throws(ScalarFault)
}

/// A scalar that may have a least and a greatest value, which messages have to name.
protocol ConfigurationAmount: ConfigurationScalar, Comparable {
    /// The value as one would write it.
    var configurationText: String { get }
}

/// Why a scalar's text is not a value of the type that is wanted.
struct ScalarFault: Error {
    var message: String
    var remedy: String?

    init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    /// `expected a duration such as 5s, found "soon"`.
    init<Value: ConfigurationScalar>(
        expected type: Value.Type,
        found text: String,
        remedy: String? = nil
    ) {
        self.init("expected \(Value.expectation), found \(text.quoted)", remedy: remedy)
    }
}

extension String {
    /// In quotes, on one line, and cut where it is longer than anybody reads. What has to be found
    /// again, such as a file's path, is shown whole, by `debugDescription`.
    package var quoted: String {
        let limit = 64
        return count > limit
            ? "\(String(prefix(limit)).debugDescription.visibleSpaces)…"
            : debugDescription.visibleSpaces
    }

    /// With the spaces beyond ASCII, which look like others or like nothing, as their numbers.
    private var visibleSpaces: String {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            let isSpace = scalar.properties.generalCategory == .spaceSeparator && scalar != " "
            if isSpace || (0x200b...0x200f).contains(scalar.value) {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

/// A text of a certain form.
protocol ConfigurationText: ConfigurationScalar {
    var text: String { get }
}

/// A scalar that is one of a few words, such as `off`, `optional` and `required`.
protocol ConfigurationWord: ConfigurationScalar, CaseIterable, RawRepresentable<String> {
    /// What other programs call the words, in lower case.
    static var synonyms: [String: Self] { get }

    /// What to write instead of a text that is not one of the words.
    static func remedy(for text: String) -> String?
}

extension ConfigurationWord {
    static var synonyms: [String: Self] { [:] }

    static var words: [String] { allCases.map(\.rawValue) }

    static var expectation: String { "one of \(words.joined(separator: ", "))" }

    init(configurationText text: String) throws(ScalarFault) {
        guard let word = Self(rawValue: text) else {
            throw ScalarFault(expected: Self.self, found: text, remedy: Self.remedy(for: text))
        }
        self = word
    }

    static func remedy(for text: String) -> String? { suggestion(for: text) }

    /// `did you mean off?`
    static func suggestion(for text: String) -> String? {
        let suggestion =
            Self.synonyms[text.lowercased()]?.rawValue
            ?? Suggestion.closest(to: text, among: Self.words)
        return suggestion.map { "did you mean \($0)?" }
    }
}

extension ScalarFault: CustomStringConvertible {
    /// `expected a duration such as 5s, found "5" (add a unit: 5s)`
    var description: String { remedy.map { "\(message) (\($0))" } ?? message }
}
