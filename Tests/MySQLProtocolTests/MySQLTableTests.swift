import MySQLProtocol
import SeededRandom
import Testing

@Suite("Tables as MySQL servers answer")
struct MySQLTableTests {
    private static let endOfFile: [UInt8] = [0xfe, 0, 0, 2, 0]

    private static func column(_ name: String) -> [UInt8] {
        var payload: [UInt8] = []
        for text in ["def", "db", "t", "t", name, name] { payload.appendLengthEncoded(text) }
        return payload + [0x0c, 33, 0, 0, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0]
    }

    private static func row(_ values: [String?]) -> [UInt8] {
        var payload: [UInt8] = []
        for value in values {
            if let value { payload.appendLengthEncoded(value) } else { payload.append(0xfb) }
        }
        return payload
    }

    private static let packets: [[UInt8]] = [
        [2], column("Host"), column("HttpPort"), endOfFile, row(["be-1", "8040"]), row([nil, ""]),
        row([String(repeating: "x", count: 300), "1"]), endOfFile,
    ]

    private static func read(_ packets: [[UInt8]]) throws -> MySQLTableReader.Progress {
        var reader = MySQLTableReader()
        var progress = MySQLTableReader.Progress.incomplete
        for packet in packets { progress = try reader.receive(packet) }
        return progress
    }

    @Test("Columns and rows are read, with NULL")
    func rows() throws {
        let table = MySQLTable(
            columns: ["Host", "HttpPort"],
            rows: [["be-1", "8040"], [nil, ""], [String(repeating: "x", count: 300), "1"]]
        )
        #expect(try Self.read(Self.packets) == .complete(table))
        for count in 1..<Self.packets.count {
            #expect(try Self.read(Array(Self.packets.prefix(count))) == .incomplete)
        }
    }

    @Test("A column is found by its name in any case, wherever it is")
    func names() {
        let table = MySQLTable(columns: ["IP", "HTTPPort"], rows: [["a", "1"], ["b"]])
        #expect(table.values(of: "ip") == ["a", "b"])
        #expect(table.values(of: "HttpPort") == ["1", nil])
        #expect(table.values(of: "Host") == nil)
    }

    @Test("A statement without rows has an empty table")
    func ok() throws {
        #expect(try Self.read([[0, 0, 0, 2, 0, 0, 0]]) == .complete(MySQLTable()))
    }

    @Test("An error ends the answer, also among its rows", arguments: [0, 4, 5])
    func refused(position: Int) throws {
        let error = MySQLErrorPacket(code: 1_227, sqlState: "42000", message: "Access denied")
        let packets = Self.packets.prefix(position) + [error.payload]
        #expect(try Self.read(Array(packets)) == .refused(error))
    }

    @Test("What is not an answer is an error")
    func malformed() {
        #expect(throws: MySQLWireError.fileRequest) { try Self.read([[0xfb] + "/etc/passwd".utf8]) }
        #expect(throws: MySQLWireError.truncated) { try Self.read([[]]) }
        #expect(throws: MySQLWireError.truncated) { try Self.read([[0xfc, 0xff, 0xff]]) }
        #expect(throws: MySQLWireError.truncated) { try Self.read([[1], [3, 1]]) }
        let columns = Array(Self.packets.prefix(3))
        #expect(throws: MySQLWireError.truncated) { try Self.read(columns + [[1, 2]]) }
        let rows = Array(Self.packets.prefix(4))
        #expect(throws: MySQLWireError.truncated) { try Self.read(rows + [[5, 1]]) }
        #expect(throws: MySQLWireError.truncated) { try Self.read(rows + [[0]]) }
        #expect(throws: MySQLWireError.truncated) { try Self.read(rows + [[]]) }
    }

    @Test("Changed bytes are read or refused", arguments: SeededGenerator.seeds)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            var packets = Self.packets
            for _ in 0..<Int.random(in: 1..<4, using: &random) {
                let packet = Int.random(in: 0..<packets.count, using: &random)
                guard !packets[packet].isEmpty else { continue }
                let byte = Int.random(in: 0..<packets[packet].count, using: &random)
                packets[packet][byte] = UInt8.random(in: 0...255, using: &random)
            }
            // `try?`: what is refused is of no further interest.
            if case .complete(let table)? = try? Self.read(packets) {
                #expect(table.rows.allSatisfy { $0.count == table.columns.count })
            }
        }
    }
}
