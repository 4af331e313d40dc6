import MySQLProtocol
import Testing

@Suite("Fields of MySQL payloads")
struct MySQLPayloadTests {
    @Test(
        "A length-encoded integer takes 1, 3, 4 or 9 bytes and reads back",
        arguments: [
            (0, 1), (250, 1), (251, 3), (65_535, 3), (65_536, 4), (16_777_215, 4),
            (16_777_216, 9), (Int.max, 9),
        ]
    )
    func lengthEncodedInteger(value: Int, byteCount: Int) throws {
        var payload: [UInt8] = []
        payload.appendLengthEncoded(value)
        #expect(payload.count == byteCount)
        var reader = MySQLPayloadReader(payload)
        #expect(try reader.lengthEncodedInteger() == UInt64(value))
        #expect(reader.remainingByteCount == 0)
    }

    @Test("The markers of NULL and of an error are not lengths", arguments: [251, 255] as [UInt8])
    func noLength(mark: UInt8) {
        var reader = MySQLPayloadReader([mark, 0, 0])
        #expect(throws: MySQLWireError.truncated) { try reader.lengthEncodedInteger() }
    }

    @Test("A length beyond the packet, or beyond any memory, is truncated, not taken")
    func lengthBeyondPacket() {
        var tooLong = MySQLPayloadReader([5, 1, 2])
        #expect(throws: MySQLWireError.truncated) { try tooLong.lengthEncodedBytes() }
        var huge = MySQLPayloadReader([254] + [UInt8](repeating: 0xff, count: 8))
        #expect(throws: MySQLWireError.truncated) { try huge.lengthEncodedBytes() }
    }

    @Test("A text without its zero is truncated")
    func unterminated() {
        var reader = MySQLPayloadReader(Array("demo".utf8))
        #expect(throws: MySQLWireError.truncated) { try reader.nullTerminated() }
        #expect(reader.remainingByteCount == 4)
    }

    @Test("A zero inside a text ends it when written, so that no second field is forged")
    func zeroInText() {
        var payload: [UInt8] = []
        payload.appendNullTerminated("demo\0root")
        #expect(payload == Array("demo".utf8) + [0])
    }
}
