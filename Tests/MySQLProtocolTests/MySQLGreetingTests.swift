import MySQLProtocol
import TestInputs
import Testing

@Suite("MySQL greetings")
struct MySQLGreetingTests {
    let scramble = MySQLScramble(1...20)

    @Test("MariaDB's own greeting is understood")
    func mariaDB() throws {
        let packet = try #require(bytes(hexadecimal: CapturedPackets.mariaDBGreeting))
        let greeting = try MySQLGreeting(payload: Array(packet.dropFirst(4)))
        #expect(greeting.serverVersion == "5.5.5-10.11.19-MariaDB-0+deb12u1")
        #expect(greeting.connectionID == 173)
        #expect(greeting.authenticationPlugin == "mysql_native_password")
        #expect(greeting.capabilities.isSuperset(of: [.protocol41, .pluginAuthentication]))
        #expect(!greeting.capabilities.contains(.tls))
        #expect(greeting.scramble.bytes == Array(#">o7bhb3v|,b+K{I:'QB9"#.utf8))
    }

    @Test("A greeting reads back as it was written")
    func roundTrip() throws {
        let greeting = MySQLGreeting(
            serverVersion: "8.0.0-sluice",
            connectionID: 0xfedc_ba98,
            scramble: scramble,
            capabilities: [.protocol41, .secureConnection, .pluginAuthentication]
        )
        #expect(try MySQLGreeting(payload: greeting.payload) == greeting)
    }

    @Test("A greeting cut anywhere is read or rejected, never a crash")
    func cut() throws {
        let packet = try #require(bytes(hexadecimal: CapturedPackets.mariaDBGreeting))
        let payload = packet.dropFirst(4)
        let endOfRequiredFields = 1 + 33 + 4 + 8 + 1 + 2
        for count in 0..<payload.count {
            let greeting = try? MySQLGreeting(payload: Array(payload.prefix(count)))
            #expect((greeting == nil) == (count < endOfRequiredFields))
        }
    }

    @Test("Another protocol version is rejected, and named")
    func version() {
        #expect(throws: MySQLWireError.unsupportedProtocolVersion(9)) {
            try MySQLGreeting(payload: [9, 0])
        }
    }

    @Test("A scramble is 20 bytes without a zero, whatever it is made from")
    func scrambleForm() {
        #expect(MySQLScramble([]).bytes == [UInt8](repeating: 1, count: 20))
        #expect(MySQLScramble([UInt8](repeating: 0, count: 99)).bytes.count == 20)
        #expect(!MySQLScramble([0, 5, 0]).bytes.contains(0))
        #expect(MySQLScramble([0, 5, 0]).bytes.prefix(3) == [1, 5, 1])
    }
}
