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

    @Test(
        "Real clients' logins are written as they were read",
        arguments: [CapturedPackets.mariaDBLogin, CapturedPackets.pyMySQLLogin]
            + CapturedLogin.all.map(\.login)
    )
    func rewritten(capture: String) throws {
        let packet = try #require(bytes(hexadecimal: capture))
        let payload = Array(packet.dropFirst(4))
        let login = try MySQLLogin(payload: payload)
        #expect(login.payload == payload)
        #expect(login.attribute(named: "_pid") != nil)
        #expect(login.attribute(named: "_PID") == nil)
    }

    @Test("Every field is read back, in each of the forms of the password's answer")
    func fields() throws {
        let forms: [MySQLCapabilities] = [[.secureConnection], [.lengthEncodedAuthentication], []]
        for form in forms {
            var login = MySQLLogin(user: "d\u{e9}mo")
            login.capabilities = form.union([
                .protocol41, .connectWithDatabase, .pluginAuthentication, .connectAttributes,
                .zstdCompression,
            ])
            login.authentication = [1, 2, 3, 255]
            login.databaseBytes = [0xd6, 0xd0]
            login.reserved = (0..<23).map { UInt8($0) }
            login.attributes = [1, 0x61, 1, 0x62]
            login.zstdLevel = 9
            login.maximumPacketByteCount = 1 << 24
            #expect(try MySQLLogin(payload: login.payload) == login)
        }
    }

    @Test("An answer of more than 255 bytes needs a length-encoded integer")
    func longAnswer() throws {
        var login = MySQLLogin(user: "demo")
        login.authentication = [UInt8](repeating: 7, count: 400)
        #expect(try MySQLLogin(payload: login.payload).authentication.count == 255)
        login.capabilities.insert(.lengthEncodedAuthentication)
        #expect(try MySQLLogin(payload: login.payload).authentication.count == 400)
    }

    @Test("Malformed attributes name nothing")
    func malformedAttributes() {
        var login = MySQLLogin(user: "demo")
        for attributes in [[9, 1], [1, 0x61], [1, 0x61, 9, 1], [255], [254, 1]] as [[UInt8]] {
            login.attributes = attributes
            #expect(login.attribute(named: "a") == nil)
        }
    }

    @Test("A TLS request is 32 bytes with CLIENT_SSL, and nothing else is", arguments: 30...34)
    func tlsRequest(byteCount: Int) {
        let request = MySQLTLSRequest(before: MySQLLogin(user: "demo")).payload
        #expect(request.count == 32)
        let payload = Array((request + [0, 0]).prefix(byteCount))
        #expect((MySQLTLSRequest(payload: payload) != nil) == (byteCount == 32))
        let without = MySQLLogin(user: "").payload.prefix(byteCount)
        #expect(MySQLTLSRequest(payload: Array(without)) == nil)
    }

    @Test("Real clients' TLS requests are read", arguments: CapturedLogin.all.map(\.tlsRequest))
    func realTLSRequest(capture: String) throws {
        let packet = try #require(bytes(hexadecimal: capture))
        let request = try #require(MySQLTLSRequest(payload: Array(packet.dropFirst(4))))
        #expect(request.capabilities.contains(.tls))
        #expect(request.payload == Array(packet.dropFirst(4)))
    }

    @Test("A client from before MySQL 4.1 is recognized")
    func obsolete() {
        #expect(throws: MySQLWireError.obsoleteLogin) {
            try MySQLLogin(payload: [UInt8](repeating: 0, count: 40))
        }
    }

    @Test("A real client's request to log in again reads back as it was sent, and no part of it")
    func userChange() throws {
        let packet = try #require(bytes(hexadecimal: CapturedLogin.changeOfUser))
        let payload = Array(packet.dropFirst(4))
        let change = try MySQLUserChange(payload: payload)
        #expect(change.payload == payload)
        #expect(String(decoding: change.userBytes, as: UTF8.self).hasSuffix("@AWVA7CM7"))
        #expect(change.plugin == "mysql_native_password" && change.collation.count == 2)
        // Cut before the end of the database, it is not one.
        let needed = 1 + change.userBytes.count + 1 + 1 + change.authentication.count
        for count in 0...needed + change.databaseBytes.count {
            #expect(throws: MySQLWireError.self) {
                try MySQLUserChange(payload: Array(payload.prefix(count)))
            }
        }
        #expect(throws: MySQLWireError.self) { try MySQLUserChange(payload: [3] + payload) }
    }
}
