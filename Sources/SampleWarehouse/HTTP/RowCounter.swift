/// Counts the rows of a body that comes in pieces: lines that are not empty.
struct RowCounter {
    private(set) var byteCount = 0
    private var endedRowCount = 0
    private var isInsideRow = false

    /// Rows so far; a last line counts without a line feed too.
    var rowCount: Int { endedRowCount + (isInsideRow ? 1 : 0) }

    mutating func count(_ bytes: [UInt8]) {
        byteCount += bytes.count
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                isInsideRow = true
            } else if isInsideRow {
                endedRowCount += 1
                isInsideRow = false
            }
        }
    }
}
