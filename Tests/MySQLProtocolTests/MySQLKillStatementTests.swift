import MySQLProtocol
import SeededRandom
import Testing

@Suite("KILL statements")
struct MySQLKillStatementTests {
    private func read(_ text: String) -> MySQLKillStatement? {
        let bytes = Array(text.utf8)
        return MySQLKillStatement(bytes.span)
    }

    @Test(
        "A KILL of a thread by its number is recognized in any spelling",
        arguments: [
            "KILL 7", "kill 7", "KiLl\t7", " KILL 7 ", "KILL 7;", "KILL 7 ; ; ", "KILL\n\n7\n",
            "KILL CONNECTION 7", "KILL HARD 7", "KILL SOFT CONNECTION 7", "/* by me */ KILL 7",
            "/**/KILL/**/7/**/", "-- a comment\nKILL 7", "# a comment\nKILL 7 # end", "KILL 7--",
            "--\nKILL 7", "/* KILL 8 */ KILL 7", "KILL /*+ hint */ 7", "KILL 007",
        ]
    )
    func connection(text: String) throws {
        let statement = try #require(read(text))
        #expect(statement.threadID == 7)
        #expect(!statement.endsQueryOnly)
        let digits = Array(text.utf8)[statement.digits]
        #expect(String(decoding: digits, as: UTF8.self).hasSuffix("7"))
    }

    @Test(
        "So is one of its query only",
        arguments: ["KILL QUERY 42", "kill hard query 42;", "KILL/**/SOFT/**/QUERY 42 -- now"]
    )
    func query(text: String) throws {
        let statement = try #require(read(text))
        #expect(statement.threadID == 42)
        #expect(statement.endsQueryOnly)
    }

    @Test(
        "Everything else is another statement",
        arguments: [
            "", "KILL", "KILL ", "KILL QUERY", "KILL QUERY ID 7", "KILL USER demo", "KILL 'a-b'",
            "KILL QUERY \"3f2a\"", "KILL 7 8", "KILL 7; SELECT 1", "KILL 3+4", "KILL -7",
            "KILL 7e0",
            "KILL 7.0", "KILL 7a", "KILL7", "KILLER 7", "KILL @a", "KILL ?", "KILL 4294967296",
            "KILL 99999999999999999999999", "SELECT 7", "KILL /*!50000 QUERY */ 7",
            "/*!50000 KILL 7 */", "/*M!100100 KILL */ 7", "KILL /* 7", "KILL 7 /*", "--KILL 7",
            "--a\nKILL 7", "KILL HARD SOFT 7", "KILL QUERY CONNECTION 7", "KILL CONNECTION_ID()",
            "KILL\u{e9} 7", "KILL 7\0", "/", "-", "#", "/*", "KILL 0x7",
        ]
    )
    func others(text: String) {
        #expect(read(text) == nil)
    }

    @Test("The largest number of four bytes is one")
    func largest() {
        #expect(read("KILL 4294967295")?.threadID == .max)
    }

    @Test("A statement that is read begins with a byte that may begin one")
    func beginnings() {
        for byte in UInt8.min...UInt8.max {
            let bytes = [byte] + Array("KILL 7".utf8)
            if MySQLKillStatement(bytes.span) != nil {
                #expect(MySQLKillStatement.mayBegin(with: byte))
            }
        }
    }

    @Test("Any words in any order do no harm, and digits are where the number is")
    func anyWords() {
        let words = [
            "KILL", "kill", "QUERY", "CONNECTION", "HARD", "SOFT", "7", "42", "4294967296", ";",
            "/*", "*/", "/*!", "--", "#", "\n", " ", "'", "ID", "\u{ff}", "\0", "*", "/", "-",
        ]
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...8, using: &random)
            let text = (0..<count).map { _ in
                (words.randomElement(using: &random) ?? "")
                    + (Bool.random(using: &random) ? " " : "")
            }.joined()
            guard let statement = read(text) else { continue }
            let digits = Array(text.utf8)[statement.digits]
            #expect(
                UInt32(String(decoding: digits, as: UTF8.self)) == statement.threadID,
                "seed \(seed)"
            )
        }
    }
}
