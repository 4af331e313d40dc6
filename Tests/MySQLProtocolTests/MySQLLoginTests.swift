import MySQLProtocol
import TestInputs
import Testing

@Suite("MySQL logins")
struct MySQLLoginTests {
    @Test(
        "Real clients' logins are understood",
        arguments: [CapturedPackets.mariaDBLogin, CapturedPackets.pyMySQLLogin]
    )
    func realClients(capture: String) throws {
        let packet = try #require(bytes(hexadecimal: capture))
        let login = try MySQLLogin(payload: Array(packet.dropFirst(4)))
        #expect(login.user == "demo")
        #expect(login.database == "tpch")
        #expect(login.plugin == "mysql_native_password")
        #expect(login.authentication == bytes(hexadecimal: CapturedPackets.authentication))
    }

    @Test("A login reads back as it was written")
    func roundTrip() throws {
        var login = MySQLLogin(user: "sluice_health")
        login.database = "tpch"
        login.capabilities.insert(.connectWithDatabase)
        login.authentication = [1, 2, 3]
        #expect(try MySQLLogin(payload: login.payload) == login)
    }

    @Test("A login cut anywhere is read or rejected, never a crash")
    func cut() throws {
        let packet = try #require(bytes(hexadecimal: CapturedPackets.mariaDBLogin))
        let payload = packet.dropFirst(4)
        let endOfAuthentication = 32 + 5 + 1 + 20
        for count in 0..<payload.count {
            let login = try? MySQLLogin(payload: Array(payload.prefix(count)))
            if count < endOfAuthentication { #expect(login == nil) }
        }
    }

    @Test("A client from before MySQL 4.1 is recognized")
    func obsolete() {
        #expect(throws: MySQLWireError.obsoleteLogin) {
            try MySQLLogin(payload: [UInt8](repeating: 0, count: 40))
        }
    }
}
