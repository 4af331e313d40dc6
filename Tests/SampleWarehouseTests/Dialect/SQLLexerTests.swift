import Testing

@testable import SampleWarehouse

@Suite("SQL tokens")
struct SQLLexerTests {
    private func kinds(_ statement: String) throws -> [SQLToken.Kind] {
        try SQLLexer.tokens(of: statement).map(\.kind).filter { $0 != .blank }
    }

    @Test("Words, names, texts, variables and signs are distinguished")
    func kinds() throws {
        #expect(
            try kinds("select `a``b`, 'it''s' <= @@session.x || @y")
                == [
                    .word, .quotedName("a`b"), .sign, .text("it's"), .sign, .sign,
                    .variable("x", isSystem: true), .sign, .variable("y", isSystem: false),
                ]
        )
    }

    @Test("The tokens together are the whole statement")
    func sources() throws {
        let statement = "SELECT `ä`, \"x\\\"y\" /* c */ -- d\n\tFROM é # f"
        #expect(try SQLLexer.tokens(of: statement).map(\.source).joined() == statement)
    }

    @Test(
        "A comment of any form is a blank",
        arguments: ["a/* x */b", "a -- x\nb", "a # x\nb", "/*! x */a b", "a b --", "a b#"]
    )
    func comments(statement: String) throws {
        #expect(try kinds(statement) == [.word, .word])
    }

    @Test("Two minus signs before anything but a blank are not a comment")
    func minus() throws {
        #expect(try kinds("1--1") == [.word, .sign, .sign, .word])
    }

    @Test("A backslash escapes the next character, but stays before LIKE's wildcards")
    func escapes() throws {
        #expect(try kinds(#"'a\'b\n\\\%\_'"#) == [.text("a'b\n\\\\%\\_")])
    }

    @Test(
        "Unterminated tokens, and those with another meaning in SQLite, are syntax errors",
        arguments: [
            "'a", "\"a", "`a", "/* a", "a ? b", "@", "@@", ":a", "$a", "[a]", "a\0b", "'\\",
        ]
    )
    func errors(statement: String) {
        #expect {
            try SQLLexer.tokens(of: statement)
        } throws: { error in
            (error as? SQLError)?.code == 1064
        }
    }

    @Test("The number of tokens is limited")
    func limit() throws {
        let most = String(repeating: "+", count: SQLLexer.tokenLimit)
        #expect(try SQLLexer.tokens(of: most).count == SQLLexer.tokenLimit)
        #expect(throws: SQLError.statementTooComplex) { try SQLLexer.tokens(of: most + "+") }
    }
}
