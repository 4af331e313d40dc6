/// The path of an HTTP request, as it stands in the request line (RFC 9112 §3.2.1).
struct RequestPath: ConfigurationText {
    static let expectation = "a path that begins with /"
    private static let longestPath = 1_024

    let text: String

    /// Only visible ASCII: a space or a line break would end the request's line early.
    init(configurationText text: String) throws(ScalarFault) {
        let isVisible = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard text.hasPrefix("/"), isVisible, text.utf8.count <= Self.longestPath else {
            let remedy = "without spaces; other characters as %20"
            throw ScalarFault(expected: Self.self, found: text, remedy: remedy)
        }
        self.text = text
    }
}
