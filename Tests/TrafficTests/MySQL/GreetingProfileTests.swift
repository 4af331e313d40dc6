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
        #expect(lacking[0].contains("CLIENT_MULTI_RESULTS") && lacking[0].contains("healthCheck"))
        #expect(lacking[1].contains("is Doris (5.7.99)"))
        #expect(lacking[1].contains("greeting.serverVersion to 5.7.99"))
        #expect(lacking[2].contains("TLS") && lacking[2].contains("set backendTLS: off"))
    }

    @Test("A backend that is older than the greeting is named, a newer one is not")
    func versions() {
        let profile = GreetingProfile(serverVersion: "8.0.36", capabilities: .basicLogin)
        #expect(profile.shortcomings(of: greeting("8.4.0")) == [])
        let older = profile.shortcomings(of: greeting("8.0.9"))
        #expect(older.count == 1 && older[0].contains("greeting.serverVersion to 8.0.9"))
    }

    @Test("A backend that no client can log in to needs to be newer")
    func tooOld() {
        let old = greeting("5.1.73", [.protocol41, .secureConnection])
        let lacking = GreetingProfile(serverVersion: "5.1", capabilities: []).shortcomings(of: old)
        #expect(lacking.count == 1 && lacking[0].contains("CLIENT_PLUGIN_AUTH"))
        #expect(lacking[0].contains("MySQL 5.5.7"))
    }

    @Test("A hostile version is harmless in the words")
    func hostile() {
        let long = String(repeating: "9", count: 200)
        for version in ["8.0\u{1b}[31m", "\u{202e}8", long] {
            let words = GreetingProfile(.mariadb).shortcomings(of: greeting(version)).joined()
            #expect(!words.unicodeScalars.contains("\u{1b}") && words.utf8.count < 500)
            #expect(!words.unicodeScalars.contains("\u{202e}"))
        }
    }
}
