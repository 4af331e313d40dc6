public import Text

/// The path of an HTTP request, as in the request line (RFC 9112 §3.2.1).
public struct RequestPath: ConfigurationText {
    public static let expectation = "a path that starts with /"
    private static let longestPath = 1_024

    public let text: String

    /// Only visible ASCII: a space or a line break would end the request's line early.
    public init(configurationText text: String) throws(ScalarError) {
        let isVisible = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard text.hasPrefix("/"), isVisible, text.utf8.count <= Self.longestPath else {
            let remedy = "no spaces; percent-encode other characters, e.g. %20"
            throw ScalarError(expected: Self.self, found: text, remedy: remedy)
        }
        self.text = text
    }
}

/// A user of a database, as a login names it.
public struct DatabaseUserName: ConfigurationText {
    public static let expectation = "a database user name of 1 to 128 bytes"

    public let text: String

    public init(configurationText text: String) throws(ScalarError) {
        let isName = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard (1...128).contains(text.utf8.count), isName else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.text = text
    }
}
