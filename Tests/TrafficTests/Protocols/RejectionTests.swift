import Addresses
import MySQLProtocol
import Policy
import Testing
import Traffic

@Suite("Rejections")
struct RejectionTests {
    static let client = IPAddress.v4(IPv4Address(203, 0, 113, 7))

    private func mysqlError(_ reason: DenialReason) throws -> MySQLErrorPacket {
        let bytes = ServiceProtocol.mysql.error(for: reason, client: Self.client)
        guard case .complete(let packet, bytes.count) = try MySQLPacket.decode(bytes, limit: 1000)
        else { throw MySQLWireError.truncated }
        #expect(packet.sequence == 0)
        return try #require(MySQLErrorPacket(payload: packet.payload))
    }

    @Test("A client outside the whitelist gets MySQL error 1130 with its address and the reason")
    func whitelist() throws {
        let error = try mysqlError(.notInWhitelist)
        #expect(error.code == 1130)
        #expect(error.sqlState == nil)
        let words = "Host '203.0.113.7' is not allowed to connect to this warehouse: "
        #expect(error.message == words + "this address is not in the whitelist")
    }

    @Test(
        "A temporary reason is MySQL error 1040",
        arguments: [
            DenialReason.connectionLimit, .warehouseConnectionLimit, .sourceConnectionLimit,
            .sourceRateLimit, .noBackend,
        ]
    )
    func limits(reason: DenialReason) throws {
        #expect(try mysqlError(reason).code == 1040)
    }

    @Test("Every reason has its own message, on one line, that an operator can search for")
    func words() {
        let messages = DenialReason.allCases.map { $0.message(to: Self.client) }
        #expect(Set(messages).count == DenialReason.allCases.count)
        #expect(messages.allSatisfy { !$0.contains("\n") && $0.utf8.count < 200 })
    }

    @Test("A client of an unknown protocol gets no message")
    func tcp() {
        #expect(ServiceProtocol.tcp.error(for: .notInWhitelist, client: Self.client).isEmpty)
    }
}
