import MySQLProtocol
import Traffic

/// Result sets in the text protocol (MySQL internals manual, "Text Resultset").
extension MySQLReply {
    /// The number of columns, their definitions, EOF, the rows, EOF.
    mutating func append(_ table: Table) {
        var count: [UInt8] = []
        count.appendLengthEncoded(table.columns.count)
        append(count)
        for column in table.columns { append(definition(of: column, in: table)) }
        appendEndOfFile()
        for row in table.rows { append(Self.encoded(row)) }
        appendEndOfFile()
    }

    /// The answer to COM_FIELD_LIST: the definitions, each with a default of NULL, EOF.
    mutating func appendFields(of table: Table) {
        for column in table.columns { append(definition(of: column, in: table) + [0xfb]) }
        appendEndOfFile()
    }

    private func definition(of column: Column, in table: Table) -> [UInt8] {
        var payload: [UInt8] = []
        let names = ["def", table.database, table.name, table.name, column.name, column.name]
        for name in names { payload.appendLengthEncoded(name) }
        payload.append(0x0c)
        payload.appendLittleEndian(column.kind.characterSet, byteCount: 2)
        payload.appendLittleEndian(column.kind.displayWidth, byteCount: 4)
        payload.append(column.kind.typeCode)
        payload += [0, 0, 0, 0, 0]
        return payload
    }

    private static func encoded(_ row: [SQLValue]) -> [UInt8] {
        var payload: [UInt8] = []
        for field in row {
            if let text = field.text {
                payload.appendLengthEncoded(text)
            } else {
                payload.append(0xfb)
            }
        }
        return payload
    }
}

extension Column.Kind {
    /// MYSQL_TYPE_LONGLONG, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_DATETIME.
    fileprivate var typeCode: UInt8 {
        switch self {
        case .integer: 0x08
        case .text: 0xfd
        case .dateTime: 0x0c
        }
    }

    /// 63 is binary, which numbers and times are; 45 is `utf8mb4_general_ci`.
    fileprivate var characterSet: UInt16 { self == .text ? 45 : 63 }

    /// In bytes.
    fileprivate var displayWidth: UInt32 {
        switch self {
        case .integer: 20
        case .text: 1020
        case .dateTime: 19
        }
    }
}
