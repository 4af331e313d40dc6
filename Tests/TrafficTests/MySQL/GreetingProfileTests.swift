import MySQLProtocol
import TestInputs
import Testing
import Traffic

@Suite("What the gateway greets MySQL clients with")
struct GreetingProfileTests {
    private func greeting(
        _ version: String,
        _ capabilities: MySQLCapabilities = MySQLCapabilities(rawValue: .max)
    ) -> MySQLGreeting {
        MySQLGreeting(
            serverVersion: version,
            connectionID: 1,
            scramble: MySQLScramble(1...20),
            capabilities: capabilities
        )
    }

    @Test(
        "A version tells the family",
        arguments: [
            ("8.0.36", .mysql), ("5.7.44-log", .mysql),
            ("5.5.5-10.11.19-MariaDB-0+deb12u1", .mariadb),
            ("11.4.2-MARIADB", .mariadb), ("5.7.99", .doris), ("8.0.1 doris-2.1", .doris),
            ("", .mysql),
        ] as [(String, MySQLServerFamily)]
    )
    func families(version: String, family: MySQLServerFamily) {
        #expect(MySQLServerFamily(serverVersion: version) == family)
    }

    @Test(
        "No profile offers compression or TLS, and every one offers what a login needs",
        arguments: MySQLServerFamily.allCases.map { GreetingProfile($0) }
            + [GreetingProfile(serverVersion: "9", capabilities: MySQLCapabilities(rawValue: .max))]
    )
    func offered(profile: GreetingProfile) {
        let never: MySQLCapabilities = [.compression, .zstdCompression, .tls]
        #expect(profile.capabilities.isDisjoint(with: never))
        #expect(profile.capabilities.isSuperset(of: .basicLogin))
    }

    @Test("A profile of several backends has what all have, and the lowest version")
    func intersection() throws {
        let profile = try #require(
            GreetingProfile(greetings: [
                greeting("5.5.5-10.11.19-MariaDB", [.deprecateEOF, .sessionTracking, .protocol41]),
                greeting("5.5.5-10.6.2-MariaDB", [.deprecateEOF, .transactions, .protocol41]),
            ])
        )
        #expect(profile.serverVersion == "5.5.5-10.6.2-MariaDB")
        #expect(profile.capabilities == MySQLCapabilities.basicLogin.union(.deprecateEOF))
        #expect(GreetingProfile(greetings: []) == nil)
    }

    @Test("A backend that has everything lacks nothing")
    func complete() throws {
        let packet = try #require(bytes(hexadecimal: CapturedPackets.mariaDBGreeting))
        let real = try MySQLGreeting(payload: Array(packet.dropFirst(4)))
        #expect(GreetingProfile(.mariadb).shortcomings(of: real) == [])
        #expect(try #require(GreetingProfile(greetings: [real])).shortcomings(of: real) == [])
    }

    @Test("What a backend lacks is named, with what it is")
    func shortcomings() throws {
        let doris = greeting("5.7.99", GreetingProfile(.doris).capabilities)
        #expect(GreetingProfile(.doris).shortcomings(of: doris) == [])
        let lacking = GreetingProfile(.mysql).shortcomings(of: doris, requiresTLS: true)
        #expect(lacking.count == 3)
        #expect(lacking[0].contains("CLIENT_MULTI_RESULTS"))
        #expect(lacking[1].contains("is Doris (5.7.99)"))
        #expect(lacking[2].contains("TLS"))
    }
}
