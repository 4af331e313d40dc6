import MySQLClient
import MySQLProtocol
import Testing
import Traffic

@testable import LoadTesting

@Suite struct MySQLLoginTests {
    private static let scramble = MySQLScramble(1...20)

    private static func greeting(plugin: String) -> [UInt8] {
        var greeting = MySQLGreeting(
            serverVersion: "8.0.36",
            connectionID: 7,
            scramble: scramble,
            capabilities: .basicLogin
        )
        greeting.authenticationPlugin = plugin
        return greeting.payload
    }

    private static func login(_ plugin: String, trusts: Bool = false) throws -> (
        MySQLClientLogin, MySQLClientLogin.Step
    ) {
        var exchange = MySQLExchange(user: "ada", password: Password("secret"))
        exchange.trustsServerPublicKey = trusts
        var login = MySQLClientLogin(exchange.account)
        let step = try login.receive(greeting(plugin: plugin))
        return (login, step)
    }

    /// By Python: `h = sha1(b'secret').digest()`, then
    /// `bytes(a ^ b for a, b in zip(h, sha1(bytes(range(1, 21)) + sha1(h).digest()).digest()))`.
    private static let nativeAnswer = "b32bb3a583e1340c0a1108d58b1be49781ad8c2f"
    /// By Python: `h = sha256(b'secret').digest()`, then the XOR of it and
    /// `sha256(sha256(h).digest() + bytes(range(1, 21))).digest()`.
    private static let sha2Answer =
        "746ebe205d56a0707acb3e796e834e0dd7b1d61743b26bd5202c7a623230c7c9"

    @Test(arguments: [
        (MySQLScramble.nativePassword, nativeAnswer), (MySQLPasswordAnswer.cachingSHA2, sha2Answer),
    ])
    func mixesThePasswordByTheServersRule(plugin: String, answer: String) throws {
        let (_, step) = try Self.login(plugin)
        guard case .send(let payload) = step else {
            Issue.record("nothing is sent: \(step)")
            return
        }
        let bytes = try MySQLPasswordAnswer.answer(
            Password("secret"),
            to: Self.scramble,
            plugin: plugin
        )
        #expect(bytes.hexadecimal == answer)
        #expect(payload.hexadecimal.contains(answer))
        #expect(String(decoding: payload, as: UTF8.self).contains("ada\0"))
        #expect(!String(decoding: payload, as: UTF8.self).contains("secret"))
    }

    @Test func sendsNothingForAnEmptyPassword() throws {
        for plugin in [MySQLScramble.nativePassword, MySQLPasswordAnswer.cachingSHA2] {
            let answer = try MySQLPasswordAnswer.answer(
                Password(""),
                to: Self.scramble,
                plugin: plugin
            )
            #expect(answer.isEmpty)
        }
    }

    @Test func followsTheServerToAnotherRule() throws {
        var (login, _) = try Self.login("made_up_plugin")
        let request = [0xfe] + Array("caching_sha2_password".utf8) + [0] + Self.scramble.bytes + [0]
        guard case .send(let payload) = try login.receive(request) else {
            Issue.record("nothing is sent")
            return
        }
        #expect(payload.hexadecimal == Self.sha2Answer)
        #expect(try login.receive([1, 3]) == .wait)
        #expect(try login.receive([0, 0, 0, 2, 0, 0, 0]) == .done)
    }

    @Test func tellsWhatItDoesNotSpeak() throws {
        var (login, _) = try Self.login(MySQLScramble.nativePassword)
        let request = [0xfe] + Array("client_ed25519".utf8) + [0] + Self.scramble.bytes + [0]
        #expect(throws: MySQLLoginError.unknownPlugin("client_ed25519")) {
            try login.receive(request)
        }
        var (old, _) = try Self.login(MySQLScramble.nativePassword)
        #expect(throws: MySQLLoginError.unknownPlugin("mysql_old_password")) {
            try old.receive([0xfe])
        }
    }

    @Test func givesThePasswordToNobodyWhoseKeyIsNotTrusted() throws {
        var (login, _) = try Self.login(MySQLPasswordAnswer.cachingSHA2)
        #expect(throws: MySQLLoginError.needsPublicKey) { try login.receive([1, 4]) }
    }

    @Test func encryptsThePasswordWithTheServersKey() throws {
        var (login, _) = try Self.login(MySQLPasswordAnswer.cachingSHA2, trusts: true)
        #expect(try login.receive([1, 4]) == .send(payload: [2]))
        let key = try RSAKey()
        guard case .send(let payload) = try login.receive([1] + key.publicPEM) else {
            Issue.record("nothing is sent")
            return
        }
        let plain = try key.decrypt(payload)
        let mixed = plain.indices.map { plain[$0] ^ Self.scramble.bytes[$0 % 20] }
        #expect(String(decoding: mixed, as: UTF8.self) == "secret\0")
        #expect(try login.receive([0, 0, 0, 2, 0, 0, 0]) == .done)
    }

    @Test func refusesAKeyThatIsNone() throws {
        var (login, _) = try Self.login(MySQLPasswordAnswer.cachingSHA2, trusts: true)
        _ = try login.receive([1, 4])
        #expect(throws: MySQLLoginError.badPublicKey) { try login.receive([1, 0x2d, 0x2d]) }
    }

    @Test func survivesAnyBytes() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 1...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random) & (Bool.random() ? 0x03 : 0xff)
            }
            var login = MySQLConversation(MySQLExchange(user: "u", password: Password("p")))
            // Whatever is returned: there is no crash.
            _ = login.receive(bytes.span)
        }
    }

    @Test func showsNoPassword() {
        let exchange = MySQLExchange(user: "ada", password: Password("secret"))
        var dumped = ""
        dump(exchange, to: &dumped)
        #expect(
            !"\(exchange)\(exchange.password)\(String(reflecting: exchange))\(dumped)".contains(
                "secret"
            )
        )
        #expect(!dumped.contains("115"))
    }
}

extension [UInt8] {
    fileprivate var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
