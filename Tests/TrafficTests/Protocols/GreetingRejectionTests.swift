import Addresses
import MySQLProtocol
import Policy
import TestInputs
import Testing
import Traffic

@Suite("Rejections after a greeting")
struct GreetingRejectionTests {
    let rejection = GreetingRejection(
        reason: .notInWhitelist,
        client: .v4(IPv4Address(203, 0, 113, 7)),
        connectionID: 42,
        scramble: MySQLScramble(1...20)
    )

    private func decoded(_ bytes: [UInt8]) throws -> MySQLPacket {
        guard case .complete(let packet, bytes.count) = try MySQLPacket.decode(bytes, limit: 1000)
        else { throw MySQLWireError.truncated }
        return packet
    }

    @Test("The greeting offers no TLS, so that the answer needs no key")
    func greeting() throws {
        var rejection = rejection
        let packet = try decoded(rejection.begin())
        #expect(packet.sequence == 0)
        let greeting = try MySQLGreeting(payload: packet.payload)
        #expect(!greeting.capabilities.contains(.tls))
        #expect(greeting.capabilities.contains(.protocol41))
        #expect(greeting.connectionID == 42)
        #expect(greeting.scramble.bytes == Array(1...20))
    }

    @Test("A real login, byte by byte, is answered by an ERR of the next sequence with a state")
    func answer() throws {
        var rejection = rejection
        let login = try #require(bytes(hexadecimal: CapturedPackets.mariaDBLogin))
        for byte in login.dropLast() { #expect(rejection.receive([byte]) == .more()) }
        guard case .finished(let reply) = rejection.receive(login.suffix(1)) else {
            Issue.record("no reply")
            return
        }
        let packet = try decoded(reply)
        #expect(packet.sequence == 2)
        let error = try #require(MySQLErrorPacket(payload: packet.payload))
        #expect(error.code == 1130)
        #expect(error.sqlState == "HY000")
        #expect(error.message.contains("'203.0.113.7'"))
    }

    @Test("A login in one piece, with more after it, is answered too")
    func onePiece() throws {
        var rejection = rejection
        let login = try #require(bytes(hexadecimal: CapturedPackets.mariaDBLogin))
        guard case .finished = rejection.receive(login + [1, 2, 3]) else {
            Issue.record("no reply")
            return
        }
    }

    @Test("A packet that claims to be longer than any login is closed immediately")
    func tooLong() {
        var rejection = rejection
        #expect(rejection.receive([0xff, 0xff, 0xff]) == .more())
        #expect(rejection.receive([1]) == .left(isProbe: false))
    }
}

extension GreetingRejection {
    fileprivate mutating func receive(_ bytes: some Sequence<UInt8>) -> PrologueStep {
        let bytes = Array(bytes)
        return receive(bytes.span)
    }
}
