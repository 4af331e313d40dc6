import Checksums

/// The checksum that each row carries: SQLite does not notice a byte that changed on the disk. The
/// sum of all of them (``Tally``) shows that no row is missing, and that none is an older version.
///
/// Against accidents, not against a person who can write the file.
struct RowChecksum {
    private var checksum = CRC32C()

    /// - Parameters:
    ///   - table: a row is not valid in another table.
    ///   - fields: in the order of the columns.
    static func of(_ table: String, _ fields: [Field]) -> Int64 {
        var row = RowChecksum()
        row.add(.text(table))
        for field in fields { row.add(field) }
        return Int64(row.checksum.value)
    }

    enum Field {
        case text(String?)
        case number(Int64?)

        static func integer(_ value: some BinaryInteger) -> Field { .number(Int64(value)) }
    }

    private mutating func add(_ field: Field) {
        switch field {
        case .text(nil), .number(nil):
            checksum.update(0)
        case .text(let text?):
            checksum.update(1)
            checksum.update(littleEndian: UInt64(text.utf8.count))
            checksum.update(text.utf8.span)
        case .number(let number?):
            checksum.update(2)
            checksum.update(littleEndian: UInt64(bitPattern: number))
        }
    }
}
