import Testing

@testable import SampleWarehouse

@Suite("SQL tokens")
struct SQLLexerTests {
    private func kinds(_ statement: String) throws -> [SQLToken.Kind] {
        try SQLLexer.tokens(of: statement).map(\.kind)
    }

    @Test("Words, names, texts, numbers, variables and signs are told apart")
    func kinds() throws {
        #expect(
            try kinds("select `a``b`, 'it''s', 12 <= @@session.x, @y")
                == [
                    .word("select"), .quotedName("a`b"), .sign(","), .text("it's"), .sign(","),
                    .number(12), .sign("<="), .variable("x", isSystem: true), .sign(","),
                    .variable("y", isSystem: false),
                ]
        )
    }

    @Test(
        "Comments of each form are as good as a blank",
        arguments: ["a/* x */b", "a -- x\nb", "a # x\nb", "/*! x */a b", "a b --"]
    )
    func comments(statement: String) throws {
        #expect(try kinds(statement) == [.word("a"), .word("b")])
    }

    @Test("A backslash makes the next character plain, or a control character")
    func escapes() throws {
        #expect(try kinds(#"'a\'b\n\\'"#) == [.text("a'b\n\\")])
    }

    @Test(
        "What never ends, and what is no sign of SQL, is a syntax error",
        arguments: ["'a", "\"a", "`a", "/* a", "a ? b", "@", "@@", "12ab", "99999999999999999999"]
    )
    func faults(statement: String) {
        #expect(throws: SQLError.self) { try SQLLexer.tokens(of: statement) }
    }
}
