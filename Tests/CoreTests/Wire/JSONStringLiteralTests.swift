import Testing

@testable import Core

@Suite("JSON strings")
struct JSONStringLiteralTests {
    @Test(
        "Quotes, backslashes and control characters are escaped, all else stands as it is",
        arguments: [
            ("", #""""#), ("a\"b", #""a\"b""#), (#"a\b"#, #""a\\b""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{0}\u{1f}", #""\u0000\u001f""#), ("ü€😀", #""ü€😀""#), ("\r\n", #""\r\n""#),
        ]
    )
    func escapes(text: String, literal: String) {
        #expect(JSONStringLiteral(text).description == literal)
    }
}
