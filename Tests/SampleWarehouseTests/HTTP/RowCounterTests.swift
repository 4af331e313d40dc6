import Testing

@testable import SampleWarehouse

@Suite("Counting a stream load's rows")
struct RowCounterTests {
    @Test(
        "Rows are the lines that are not empty, however the body is cut",
        arguments: [("", 0), ("\n\n", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\nb\r\n", 2)]
    )
    func rows(body: String, count: Int) {
        var whole = RowCounter()
        whole.count(Array(body.utf8))
        var pieces = RowCounter()
        for byte in body.utf8 { pieces.count([byte]) }
        #expect(whole.rowCount == count)
        #expect(pieces.rowCount == count)
        #expect(whole.byteCount == body.utf8.count)
        #expect(pieces.byteCount == body.utf8.count)
    }
}
