/// A type whose values are written as one scalar of a configuration file.
public protocol ConfigurationScalar {
    /// What is expected, after the word "expected": `a duration such as 5s`.
    static var expectation: String { get }

    init(configurationText text: String) throws(ScalarError)
}

/// A scalar that may have a least and a greatest value, which messages have to name.
public protocol ConfigurationAmount: ConfigurationScalar, Comparable {
    /// The value as one would write it.
    var configurationText: String { get }
}

/// Why a scalar's text is not a value of the type that is wanted.
public struct ScalarError: Error {
    public var message: String
    public var remedy: String?

    public init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    /// `expected a duration such as 5s, found "soon"`.
    public init<Value: ConfigurationScalar>(
        expected type: Value.Type,
        found text: String,
        remedy: String? = nil
    ) {
        self.init("expected \(Value.expectation), found \(text.quoted)", remedy: remedy)
    }
}

/// A text of a certain form.
public protocol ConfigurationText: ConfigurationScalar {
    var text: String { get }
}

/// A scalar that is one of a few words, such as `off`, `optional` and `required`.
public protocol ConfigurationWord: ConfigurationScalar, CaseIterable, RawRepresentable<String> {
    /// What other programs call the words, in lower case.
    static var synonyms: [String: Self] { get }

    /// What to write instead of a text that is not one of the words.
    static func remedy(for text: String) -> String?
}

extension ConfigurationWord {
    public static var synonyms: [String: Self] { [:] }

    public static var words: [String] { allCases.map(\.rawValue) }

    public static var expectation: String { "one of \(words.joined(separator: ", "))" }

    public init(configurationText text: String) throws(ScalarError) {
        guard let word = Self(rawValue: text) else {
            throw ScalarError(expected: Self.self, found: text, remedy: Self.remedy(for: text))
        }
        self = word
    }

    public static func remedy(for text: String) -> String? { suggestion(for: text) }

    /// `did you mean off?`
    public static func suggestion(for text: String) -> String? {
        let suggestion =
            Self.synonyms[text.lowercased()]?.rawValue
            ?? Suggestion.closest(to: text, among: Self.words)
        return suggestion.map { "did you mean \($0)?" }
    }
}

extension ScalarError: CustomStringConvertible {
    /// `expected a duration such as 5s, found "5" (add a unit: 5s)`
    public var description: String { remedy.map { "\(message) (\($0))" } ?? message }
}

extension Character {
    /// `[A-Za-z0-9_-]`
    public var isNameCharacter: Bool { isASCIILetter || isDigit || self == "-" || self == "_" }
    public var isDigit: Bool { isASCII && isNumber }
    public var isASCIILetter: Bool { isASCII && isLetter }
}
