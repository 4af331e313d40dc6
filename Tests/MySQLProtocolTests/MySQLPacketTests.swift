import MySQLProtocol
import Testing

@Suite("MySQL packets")
struct MySQLPacketTests {
    let packet = MySQLPacket(sequence: 7, payload: [1, 2, 3])

    @Test("A packet is its payload's length, lowest byte first, the sequence, the payload")
    func framing() {
        #expect(packet.bytes == [3, 0, 0, 7, 1, 2, 3])
        let long = MySQLPacket(sequence: 0, payload: [UInt8](repeating: 9, count: 0x1_0203))
        #expect(long.bytes.prefix(4) == [0x03, 0x02, 0x01, 0])
    }

    @Test("A packet cut inside its header asks for the rest of the header", arguments: 0..<4)
    func cutHeader(count: Int) throws {
        let decoding = try MySQLPacket.decode(packet.bytes.prefix(count), limit: 10)
        #expect(decoding == .incomplete(missingByteCount: 4 - count))
    }

    @Test("A packet cut inside its payload asks for the rest of the payload", arguments: 4..<7)
    func cutPayload(count: Int) throws {
        let decoding = try MySQLPacket.decode(packet.bytes.prefix(count), limit: 10)
        #expect(decoding == .incomplete(missingByteCount: 7 - count))
    }

    @Test("Bytes after a packet are not consumed")
    func trailingBytes() throws {
        let decoding = try MySQLPacket.decode(packet.bytes + [4, 5, 6], limit: 10)
        #expect(decoding == .complete(packet, byteCount: 7))
    }

    @Test("A payload above the limit is rejected as soon as its header has arrived")
    func limit() throws {
        #expect(throws: MySQLWireError.packetTooLong(byteCount: 3, limit: 2)) {
            try MySQLPacket.decode([3, 0, 0, 7], limit: 2)
        }
        #expect(try MySQLPacket.decode([2, 0, 0, 7], limit: 2) == .incomplete(missingByteCount: 2))
    }

    @Test("A payload of 2²⁴−1 bytes is followed by an empty packet, which ends it")
    func continuation() throws {
        let maximum = MySQLPacket.maximumPayloadByteCount
        let long = MySQLPacket(sequence: 255, payload: [UInt8](repeating: 9, count: maximum))
        let bytes = long.bytes
        #expect(bytes.count == maximum + 8)
        #expect(bytes.prefix(4) == [0xff, 0xff, 0xff, 255])
        #expect(bytes.suffix(4) == [0, 0, 0, 0])
    }
}
