import MySQLProtocol
import TestInputs
import Testing

@Suite("MySQL capabilities")
struct MySQLCapabilitiesTests {
    @Test("Each of the 32 flags has a name of its own")
    func names() {
        let all = MySQLCapabilities(rawValue: .max)
        #expect(Set(all.names).count == 32)
        #expect(
            MySQLCapabilities([.compression, .deprecateEOF]).names == [
                "CLIENT_COMPRESS", "CLIENT_DEPRECATE_EOF",
            ]
        )
        #expect(MySQLCapabilities.queryAttributes.names == ["CLIENT_QUERY_ATTRIBUTES"])
    }

    @Test("MariaDB's own capabilities are read from the bytes that MySQL reserves")
    func extended() throws {
        let packet = try #require(bytes(hexadecimal: CapturedPackets.mariaDBGreeting))
        let greeting = try MySQLGreeting(payload: Array(packet.dropFirst(4)))
        #expect(!greeting.capabilities.contains(.longPassword))
        #expect(greeting.extendedCapabilities.contains([.progress, .bulkOperations]))
        #expect(greeting.extendedCapabilities.rawValue == 0x1d)
        #expect(try MySQLGreeting(payload: greeting.payload) == greeting)
    }

    @Test("A greeting in the name of MySQL has none")
    func mySQL() throws {
        var greeting = MySQLGreeting(
            serverVersion: "8.0.36",
            connectionID: 7,
            scramble: MySQLScramble(1...20),
            capabilities: .basicLogin
        )
        greeting.extendedCapabilities = [.bulkOperations]
        #expect(try MySQLGreeting(payload: greeting.payload).extendedCapabilities == [])
    }
}
