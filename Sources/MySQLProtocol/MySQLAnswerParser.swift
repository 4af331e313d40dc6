/// Finds the end of the answer to one COM_QUERY, from pieces of any size
/// (MySQL internals manual, "COM_QUERY Response").
public struct MySQLAnswerParser: Sendable {
    public enum Progress: Equatable, Sendable {
        case incomplete
        case complete
        case refused(MySQLErrorPacket)
    }

    private enum State: Equatable {
        /// An OK, an ERR, or the number of columns.
        case beginning
        case columns(remaining: UInt64)
        case columnsEnd
        case rows
    }

    private var state = State.beginning
    /// The query was packet 0.
    private var scanner = MySQLPacketScanner(sequence: 1)

    public init() {}

    /// Prepares for the answer to the next query.
    public mutating func restart() {
        state = .beginning
        scanner.restart(sequence: 1)
    }

    /// Reads what the server sent. Bytes after the answer's end are an error.
    public mutating func receive(_ bytes: Span<UInt8>) throws(MySQLWireError) -> Progress {
        var position = 0
        while try scanner.next(of: bytes, from: &position) {
            let progress = try read(scanner.packet)
            guard progress != .incomplete else { continue }
            guard position == bytes.count else { throw .excessBytes }
            return progress
        }
        return .incomplete
    }

    private mutating func read(_ packet: MySQLPacketScanner.Packet) throws(MySQLWireError)
        -> Progress
    {
        if case .columns(let remaining) = state {
            state = remaining > 1 ? .columns(remaining: remaining - 1) : .columnsEnd
            return .incomplete
        }
        if let error = MySQLErrorPacket(payload: packet.beginning) { return .refused(error) }
        return switch state {
        case .beginning: try begin(packet)
        case .columns, .columnsEnd: try endColumns(packet)
        case .rows: readRow(packet)
        }
    }

    private mutating func begin(_ packet: MySQLPacketScanner.Packet) throws(MySQLWireError)
        -> Progress
    {
        guard packet.beginning.first != 0xfb else { throw .fileRequest }
        var reader = MySQLPayloadReader(packet.beginning)
        let columnCount = try reader.lengthEncodedInteger()
        guard columnCount == 0 else {
            state = .columns(remaining: columnCount)
            return .incomplete
        }
        // An OK packet: affected rows, the last inserted id, the status.
        _ = try reader.lengthEncodedInteger()
        _ = try reader.lengthEncodedInteger()
        return end(status: try reader.littleEndian(byteCount: 2))
    }

    private mutating func endColumns(
        _ packet: MySQLPacketScanner.Packet
    ) throws(MySQLWireError) -> Progress {
        guard packet.isEndOfFile else { throw .truncated }
        state = .rows
        return .incomplete
    }

    private mutating func readRow(_ packet: MySQLPacketScanner.Packet) -> Progress {
        guard packet.isEndOfFile else { return .incomplete }
        // The mark, two bytes of warnings, two of status.
        let status = packet.beginning.count >= 5 ? UInt64(packet.beginning[3]) : 0
        return end(status: status)
    }

    /// SERVER_MORE_RESULTS_EXISTS announces another answer.
    private mutating func end(status: UInt64) -> Progress {
        state = .beginning
        return status & 0x0008 != 0 ? .incomplete : .complete
    }
}
