import MySQLProtocol
import TestInputs
import Testing

@Suite("Packets of an authentication")
struct MySQLAuthenticationTests {
    @Test("A switch keeps its data as sent, whatever its length", arguments: CapturedLogin.all)
    func switches(capture: CapturedLogin) throws {
        let packet = try #require(bytes(hexadecimal: capture.backendSwitch))
        let payload = Array(packet.dropFirst(4))
        let request = try MySQLAuthenticationSwitch(payload: payload)
        #expect(request.payload == payload)
        if request.plugin == "client_ed25519" {
            #expect(request.data.count == 32)
        } else {
            #expect(request.plugin == "mysql_native_password")
            #expect(request.data.count == 21)
            #expect(request.scramble.bytes == Array(request.data.prefix(20)))
        }
    }

    @Test("One without a name asks for the plugin from before MySQL 4.1")
    func obsolete() throws {
        #expect(try MySQLAuthenticationSwitch(payload: [0xfe]).plugin == "mysql_old_password")
    }

    @Test("One cut in its name is rejected")
    func cut() {
        #expect(throws: MySQLWireError.truncated) {
            try MySQLAuthenticationSwitch(payload: [0xfe, 0x61])
        }
        #expect(throws: MySQLWireError.truncated) { try MySQLAuthenticationSwitch(payload: []) }
    }

    @Test("More data is what follows its mark")
    func moreData() {
        #expect(MySQLMoreData(payload: [1, 4])?.data == MySQLMoreData.passwordRequired)
        #expect(MySQLMoreData(payload: [0xfe, 4]) == nil)
        #expect(MySQLMoreData([3]).payload == [1, 3])
    }

    @Test("A secret is overwritten")
    func wiped() {
        var secret = Array("secret".utf8)
        secret.wipe()
        #expect(secret == [UInt8](repeating: 0, count: 6))
    }
}

@Suite("Collecting one packet")
struct MySQLPacketCollectorTests {
    private static let bytes = MySQLPacket(sequence: 3, payload: [1, 2, 3]).bytes + [9, 9]

    @Test("A packet cut anywhere is collected, and nothing after it is taken", arguments: 0...7)
    func cut(count: Int) throws {
        var collector = MySQLPacketCollector(limit: 3)
        let (first, second) = (Array(Self.bytes.prefix(count)), Array(Self.bytes.dropFirst(count)))
        var position = 0
        var packet = try collector.next(of: first.span, from: &position)
        #expect(position == first.count)
        if packet == nil {
            position = 0
            packet = try collector.next(of: second.span, from: &position)
            #expect(second.count - position == 2)
        }
        #expect(packet == MySQLPacket(sequence: 3, payload: [1, 2, 3]))
    }

    @Test("One that announces too much is rejected by its header")
    func tooLong() {
        var collector = MySQLPacketCollector(limit: 2)
        var position = 0
        let header = Array(Self.bytes.prefix(4))
        #expect(throws: MySQLWireError.packetTooLong(byteCount: 3, limit: 2)) {
            try collector.next(of: header.span, from: &position)
        }
    }

    @Test("Empty packets follow each other")
    func empty() throws {
        var collector = MySQLPacketCollector(limit: 2)
        var position = 0
        let bytes: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2]
        let first = try collector.next(of: bytes.span, from: &position)
        let second = try collector.next(of: bytes.span, from: &position)
        #expect(first == MySQLPacket(sequence: 1, payload: []))
        #expect(second == MySQLPacket(sequence: 2, payload: []))
    }
}
