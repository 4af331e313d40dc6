import Testing
import Text

@Suite("Tables with headings")
struct TableTests {
    @Test("Text is aligned to the left, numbers to the right, and no line ends in spaces")
    func alignment() {
        let table = Columns(
            ["NAME", .number("OPEN"), "LAST", .number("IN")],
            [["a", "7", "-", "1.5 KiB"], ["longer", "12345", "now", "0 B"]]
        )
        let expected = """
            NAME     OPEN  LAST       IN
            a           7  -     1.5 KiB
            longer  12345  now       0 B
            """
        #expect(table.description == expected)
        let last = Columns(["A", "B"], [["1", "wide"], ["2", "x"]])
        #expect(last.description == "A  B\n1  wide\n2  x")
    }

    @Test("A table without rows has its headings")
    func empty() {
        #expect(Columns(["A", .number("B")], []).description == "A  B")
    }

    @Test("Foreign text in a cell can neither end nor reverse its line")
    func foreignText() {
        let table = Columns(["A", "B"], [["x\ny", "\u{202e}z\u{1b}[2J"]])
        #expect(table.description == "A    B\nx y   z [2J")
    }

    @Test("Columns are aligned, without trailing spaces")
    func choice() {
        let rows = [["name", "n", ""], ["a", "12,345"], ["long name", "1", "x"]]
        #expect(
            Columns(rows).lines == ["name       n", "a          12,345", "long name  1       x"]
        )
        #expect(
            Columns(rows) { $0 == 1 }.lines
                == ["name            n", "a          12,345", "long name       1  x"]
        )
        #expect(Columns([]).description == "")
    }

    @Test("No cell can control the terminal or break a line")
    func harmless() {
        #expect(Columns([["a\nb", "\u{1b}[2J"]]).description == "a b   [2J")
    }
}
