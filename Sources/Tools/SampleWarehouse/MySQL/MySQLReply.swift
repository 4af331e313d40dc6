import MySQLProtocol

/// What a server answers to one packet, and whether it then closes the connection.
struct MySQLReply: Equatable {
    /// The packets, framed and numbered.
    private(set) var bytes: [UInt8] = []
    var closes = false
    private var sequence: UInt8

    /// - Parameter packet: the packet that is answered; the first answer has the next number.
    init(to packet: MySQLPacket) {
        sequence = packet.sequence &+ 1
    }

    init(to packet: MySQLPacket, error: SQLError) {
        self.init(to: packet)
        append(error)
    }

    mutating func append(_ payload: [UInt8]) {
        bytes += MySQLPacket(sequence: sequence, payload: payload).bytes
        sequence &+= 1
    }

    mutating func append(_ error: SQLError) {
        append(error.packet.payload)
    }

    /// An OK packet: no rows changed, no warnings; autocommit is on.
    mutating func appendOkay() {
        append([0x00, 0, 0, 2, 0, 0, 0])
    }

    /// An EOF packet: no warnings; autocommit is on.
    mutating func appendEndOfFile() {
        append([0xfe, 0, 0, 2, 0])
    }
}

/// Result sets in the text protocol (MySQL internals manual, "Text Resultset").
extension MySQLReply {
    /// The number of columns, their definitions, EOF, the rows, EOF.
    mutating func append(_ result: ResultSet) {
        var count: [UInt8] = []
        count.appendLengthEncoded(result.columns.count)
        append(count)
        for column in result.columns { append(column.definition) }
        appendEndOfFile()
        for row in result.rows {
            var payload: [UInt8] = []
            for field in row {
                if let text = field.mysqlText {
                    payload.appendLengthEncoded(text)
                } else {
                    payload.append(0xfb)
                }
            }
            append(payload)
        }
        appendEndOfFile()
    }

    /// The answer to COM_FIELD_LIST: the definitions, each with a default of NULL, EOF.
    mutating func appendFields(_ columns: [ResultSet.Column]) {
        for column in columns { append(column.definition + [0xfb]) }
        appendEndOfFile()
    }
}

extension ResultSet.Column {
    /// Protocol::ColumnDefinition41.
    fileprivate var definition: [UInt8] {
        var payload: [UInt8] = []
        let (database, table) = (table?.database ?? "", table?.table ?? "")
        for name in ["def", database, table, table, name, name] {
            payload.appendLengthEncoded(name)
        }
        payload.append(0x0c)
        payload.appendLittleEndian(type.characterSet, byteCount: 2)
        payload.appendLittleEndian(type.displayWidth, byteCount: 4)
        payload.append(type.code)
        // Flags, the number of decimals, filler.
        payload += [0, 0, type.decimals, 0, 0]
        return payload
    }
}

extension ResultSet.ColumnType {
    /// MYSQL_TYPE_LONGLONG, _DOUBLE, _DATETIME, _VAR_STRING, _BLOB.
    fileprivate var code: UInt8 {
        switch self {
        case .integer: 0x08
        case .double: 0x05
        case .dateTime: 0x0c
        case .text: 0xfd
        case .binary: 0xfc
        }
    }

    /// 63 is binary, as numbers and times are; 45 is `utf8mb4_general_ci`.
    fileprivate var characterSet: UInt16 { self == .text ? 45 : 63 }

    /// In bytes.
    fileprivate var displayWidth: UInt32 {
        switch self {
        case .integer: 20
        case .double: 22
        case .dateTime: 19
        case .text: 1020
        case .binary: 65_535
        }
    }

    /// 31 means as many as there are.
    fileprivate var decimals: UInt8 { self == .double ? 31 : 0 }
}
