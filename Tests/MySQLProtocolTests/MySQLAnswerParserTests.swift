import MySQLProtocol
import Testing

@Suite struct MySQLAnswerParserTests {
    private static func packets(_ payloads: [[UInt8]], from sequence: UInt8 = 1) -> [UInt8] {
        payloads.enumerated().flatMap { index, payload in
            MySQLPacket(sequence: sequence &+ UInt8(truncatingIfNeeded: index), payload: payload)
                .bytes
        }
    }

    private static let end: [UInt8] = [0xfe, 0, 0, 2, 0]
    private static let ok: [UInt8] = [0, 0, 0, 2, 0, 0, 0]
    private static let rows = packets(
        [
            [2], [3, 0x64, 0x65, 0x66], [3, 0x64, 0x65, 0x66], end, [1, 0x31, 0xfb], [0xfb, 0xfb],
            end,
        ])

    @Test(arguments: [packets([ok]), rows, packets([[1], [3, 1, 2, 3], end, end])])
    func findsTheEndOfAnAnswerInPiecesOfAnySize(bytes: [UInt8]) throws {
        for size in 1...bytes.count {
            var parser = MySQLAnswerParser()
            // The same parser for several answers: nothing of the last one may remain.
            for _ in 0..<2 {
                parser.restart()
                var last = MySQLAnswerParser.Progress.incomplete
                for start in stride(from: 0, to: bytes.count, by: size) {
                    #expect(last == .incomplete)
                    last = try parser.receive(
                        Array(bytes[start..<min(start + size, bytes.count)]).span
                    )
                }
                #expect(last == .complete)
            }
        }
    }

    @Test func handsOnTheServersError() throws {
        let error = MySQLErrorPacket(code: 1064, sqlState: "42000", message: "You have an error")
        for payloads in [[error.payload], [[1], [3, 1, 2, 3], Self.end, error.payload]] {
            var parser = MySQLAnswerParser()
            #expect(try parser.receive(Self.packets(payloads).span) == .refused(error))
        }
    }

    @Test func goesOnToTheNextResultWhereOneIsAnnounced() throws {
        var parser = MySQLAnswerParser()
        let first: [UInt8] = [0, 0, 0, 0x0a, 0, 0, 0]
        #expect(try parser.receive(Self.packets([first]).span) == .incomplete)
        #expect(try parser.receive(Self.packets([Self.ok], from: 2).span) == .complete)
    }

    /// A row of 16 MiB and 3 bytes takes two packets; the second begins like an EOF packet.
    @Test func takesARowOfSeveralPacketsForOne() throws {
        let row = [UInt8](repeating: 0xfe, count: 0xff_ffff + 3)
        let head = Self.packets([[1], [3, 1, 2, 3], Self.end])
        let body = MySQLPacket(sequence: 4, payload: row).bytes
        var parser = MySQLAnswerParser()
        #expect(try parser.receive(head.span) == .incomplete)
        #expect(try parser.receive(body.span) == .incomplete)
        #expect(try parser.receive(Self.packets([Self.end], from: 6).span) == .complete)
    }

    @Test(arguments: [
        (packets([ok], from: 2), MySQLWireError.outOfSequence),
        (packets([[0xfb, 0x2f]]), .fileRequest),
        (packets([ok, ok]), .excessBytes),
        (packets([[0, 0]]), .truncated),
        (packets([[]]), .truncated),
        (packets([[1], [3, 1, 2, 3], [9, 9]]), .truncated),
    ])
    func refusesWhatIsNoAnswer(bytes: [UInt8], fault: MySQLWireError) {
        #expect(throws: fault) {
            var parser = MySQLAnswerParser()
            _ = try parser.receive(bytes.span)
        }
    }

    @Test func survivesAnyBytes() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 1...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random) & (Bool.random() ? 0x03 : 0xff)
            }
            var parser = MySQLAnswerParser()
            // Whatever is thrown or returned: there is no crash.
            _ = try? parser.receive(bytes.span)
        }
    }
}
