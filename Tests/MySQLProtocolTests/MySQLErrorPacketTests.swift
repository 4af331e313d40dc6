import MySQLProtocol
import Testing

@Suite("MySQL ERR packets")
struct MySQLErrorPacketTests {
    @Test("Before a greeting an ERR has no SQLSTATE: FF, the code, the words")
    func withoutState() {
        let error = MySQLErrorPacket(code: 1130, sqlState: nil, message: "no")
        #expect(error.payload == [0xff, 0x6a, 0x04, UInt8(ascii: "n"), UInt8(ascii: "o")])
        #expect(MySQLErrorPacket(payload: error.payload) == error)
    }

    @Test("After a greeting an ERR carries # and five characters before the words")
    func withState() {
        let error = MySQLErrorPacket(code: 1040, sqlState: "HY000", message: "full")
        #expect(error.payload == [0xff, 0x10, 0x04] + Array("#HY000full".utf8))
        #expect(MySQLErrorPacket(payload: error.payload) == error)
    }

    @Test(
        "Another packet is not an ERR",
        arguments: [[], [0xff], [0xff, 1], [0x00, 0, 0, 2, 0, 0, 0], [0x0a, 1, 2, 3]] as [[UInt8]]
    )
    func otherPackets(payload: [UInt8]) {
        #expect(MySQLErrorPacket(payload: payload) == nil)
    }
}
