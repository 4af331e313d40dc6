/// The answer to a statement: the names of its columns, and its rows as text.
public struct MySQLTable: Hashable, Sendable {
    public var columns: [String]
    /// Each with a value for each column; `nil` for NULL.
    public var rows: [[String?]]

    public init(columns: [String] = [], rows: [[String?]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// The values of one column in all rows, by its name in any case. The position of a column changes
    /// from version to version.
    ///
    /// - Returns: `nil` if there is no such column.
    public func values(of column: String) -> [String?]? {
        let name = column.lowercased()
        guard let index = columns.firstIndex(where: { $0.lowercased() == name }) else { return nil }
        return rows.map { $0.indices.contains(index) ? $0[index] : nil }
    }
}

/// Reads the answer to one COM_QUERY packet by packet
/// (MySQL internals manual, "COM_QUERY Response"; CLIENT_DEPRECATE_EOF is not in use).
public struct MySQLTableReader: Sendable {
    public enum Progress: Equatable, Sendable {
        case incomplete
        /// A table without columns for a statement that returns no rows.
        case complete(MySQLTable)
        case refused(MySQLErrorPacket)
    }

    private enum State {
        /// An OK, an ERR, or the number of columns.
        case beginning
        case columns(remaining: Int)
        case columnsEnd
        case rows
    }

    /// More columns are of no statement that is read here.
    public static let columnLimit = 256

    private var state = State.beginning
    private var table = MySQLTable()

    public init() {}

    /// - Parameter payload: of the next packet.
    public mutating func receive(_ payload: [UInt8]) throws(MySQLWireError) -> Progress {
        if case .columns(let remaining) = state {
            table.columns.append(try Self.columnName(in: payload))
            state = remaining > 1 ? .columns(remaining: remaining - 1) : .columnsEnd
            return .incomplete
        }
        if let error = MySQLErrorPacket(payload: payload) { return .refused(error) }
        switch state {
        case .beginning: return try begin(payload)
        case .columns, .columnsEnd:
            guard Self.isEndOfFile(payload) else { throw .truncated }
            state = .rows
            return .incomplete
        case .rows:
            if Self.isEndOfFile(payload) { return .complete(table) }
            table.rows.append(try row(in: payload))
            return .incomplete
        }
    }

    private mutating func begin(_ payload: [UInt8]) throws(MySQLWireError) -> Progress {
        guard payload.first != 0xfb else { throw .fileRequest }
        var reader = MySQLPayloadReader(payload)
        let count = try reader.lengthEncodedInteger()
        if count == 0 { return .complete(table) }
        guard count <= Self.columnLimit else { throw .truncated }
        state = .columns(remaining: Int(count))
        return .incomplete
    }

    /// Catalog, schema, table, the table's own name, and the column's name.
    private static func columnName(in payload: [UInt8]) throws(MySQLWireError) -> String {
        var reader = MySQLPayloadReader(payload)
        for _ in 0..<4 { _ = try reader.lengthEncodedBytes() }
        return String(decoding: try reader.lengthEncodedBytes(), as: UTF8.self)
    }

    private func row(in payload: [UInt8]) throws(MySQLWireError) -> [String?] {
        var reader = MySQLPayloadReader(payload)
        var values: [String?] = []
        for _ in table.columns {
            var null = reader
            if try null.byte() == 0xfb {
                reader = null
                values.append(nil)
            } else {
                values.append(String(decoding: try reader.lengthEncodedBytes(), as: UTF8.self))
            }
        }
        return values
    }

    private static func isEndOfFile(_ payload: [UInt8]) -> Bool {
        payload.first == 0xfe && payload.count < 9
    }
}
