import MySQLProtocol
import Testing

@testable import Traffic

/// Scripted peers, written from the plugins' sources: MySQL `sha2_password.cc`, `sha256_password.cc`;
/// MariaDB Connector/C `parsec.c`.
@Suite("Authentications between a client and a backend")
struct AuthenticationExchangeTests {
    private typealias Step = AuthenticationExchange.Step

    private static let password = Array("secret\0".utf8)

    private func exchange(
        client: Bool,
        backend: Bool,
        allowsClearText: Bool = false
    ) -> AuthenticationExchange {
        AuthenticationExchange(
            EncryptedSides(client: client, backend: backend),
            allowsClearText: allowsClearText,
            cipher: MirrorCipher()
        )
    }

    /// What each side says in turn, and what becomes of it.
    private func expect(
        _ exchange: inout AuthenticationExchange,
        _ script: [(RelaySide, [UInt8], Step)]
    ) throws {
        for (side, payload, expected) in script {
            #expect(exchange.awaitsClient == (side == .client))
            let step =
                side == .client
                ? try exchange.receiveFromClient(payload)
                : try exchange.receiveFromBackend(payload)
            #expect(step == expected)
        }
    }

    private func failure(
        _ exchange: inout AuthenticationExchange,
        _ payload: [UInt8],
        from side: RelaySide
    ) -> MySQLLoginFailure? {
        do throws(MySQLLoginFailure) {
            _ =
                side == .client
                ? try exchange.receiveFromClient(payload)
                : try exchange.receiveFromBackend(payload)
            return nil
        } catch {
            return error
        }
    }

    private static let allSides = [(true, true), (true, false), (false, true), (false, false)]

    @Test(
        "Answers to a challenge pass, whatever is encrypted",
        arguments: ["mysql_native_password", "client_ed25519", "auth_gssapi_client"],
        allSides
    )
    func challenges(plugin: String, sides: (Bool, Bool)) throws {
        var exchange = exchange(client: sides.0, backend: sides.1)
        let request = Login.switchTo(plugin)
        let answer = [UInt8](repeating: 9, count: 64)
        try expect(
            &exchange,
            [
                (.backend, request, .toClient(request)), (.client, answer, .toBackend(answer)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    @Test("parsec asks for an empty answer, and then sends its salt", arguments: allSides)
    func parsec(sides: (Bool, Bool)) throws {
        var exchange = exchange(client: sides.0, backend: sides.1)
        let scramble = [UInt8](repeating: 5, count: 32)
        let request = [0xfe] + Array("parsec\0".utf8) + scramble
        // "P", the iterations' exponent, 18 bytes of salt.
        let salt = [1, UInt8(ascii: "P"), 0] + [UInt8](repeating: 6, count: 18)
        let answer = [UInt8](repeating: 7, count: 96)
        try expect(
            &exchange,
            [
                (.backend, request, .toClient(request)), (.client, [], .toBackend([])),
                (.backend, salt, .toClient(salt)), (.client, answer, .toBackend(answer)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    @Test("A server may try several plugins")
    func several() throws {
        var exchange = exchange(client: true, backend: false)
        let first = Login.switchTo("client_ed25519")
        let second = Login.switchTo("mysql_native_password")
        try expect(
            &exchange,
            [
                (.backend, first, .toClient(first)), (.client, [1], .toBackend([1])),
                (.backend, second, .toClient(second)), (.client, [2], .toBackend([2])),
                (.backend, [0xff, 0x15, 4], .rejected([0xff, 0x15, 4])),
            ]
        )
    }

    @Test("caching_sha2_password passes while the server remembers", arguments: allSides)
    func fastPath(sides: (Bool, Bool)) throws {
        var exchange = exchange(client: sides.0, backend: sides.1)
        let request = Login.switchTo("caching_sha2_password")
        let answer = [UInt8](repeating: 9, count: 32)
        try expect(
            &exchange,
            [
                (.backend, request, .toClient(request)), (.client, answer, .toBackend(answer)),
                (.backend, [1, 3], .toClient([1, 3])),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    private func askForPassword(_ exchange: inout AuthenticationExchange) throws {
        let request = Login.switchTo("caching_sha2_password")
        let answer = [UInt8](repeating: 9, count: 32)
        try expect(
            &exchange,
            [
                (.backend, request, .toClient(request)), (.client, answer, .toBackend(answer)),
                (.backend, [1, 4], .toClient([1, 4])),
            ]
        )
    }

    @Test("The password passes in clear if both sides are encrypted")
    func bothEncrypted() throws {
        var exchange = exchange(client: true, backend: true)
        try askForPassword(&exchange)
        try expect(
            &exchange,
            [
                (.client, Self.password, .toBackend(Self.password)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    @Test("It passes encrypted with the server's key if neither is")
    func neitherEncrypted() throws {
        var exchange = exchange(client: false, backend: false)
        try askForPassword(&exchange)
        let key = [1] + MirrorCipher.backendKey
        let encrypted = [UInt8](repeating: 3, count: 256)
        try expect(
            &exchange,
            [
                (.client, [2], .toBackend([2])), (.backend, key, .toClient(key)),
                (.client, encrypted, .toBackend(encrypted)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    @Test("A client's password in clear is encrypted for a backend without TLS")
    func clientEncrypted() throws {
        var exchange = exchange(client: true, backend: false)
        try askForPassword(&exchange)
        try expect(&exchange, [(.client, Self.password, .toBackend([2]))])
        guard
            case .toBackend(let sent) = try exchange.receiveFromBackend(
                [1] + MirrorCipher.backendKey
            )
        else {
            Issue.record("nothing sent")
            return
        }
        let mixed = try #require(MirrorCipher.decrypted(sent, key: MirrorCipher.backendKey))
        #expect(Login.mixed(mixed) == Self.password)
        try expect(&exchange, [(.backend, Login.ok, .admitted(Login.ok))])
    }

    @Test("A password that was encrypted for the gateway goes to a backend with TLS in clear")
    func backendEncrypted() throws {
        var exchange = exchange(client: false, backend: true)
        try askForPassword(&exchange)
        let cipher = MirrorCipher()
        let encrypted = try #require(
            cipher.encrypt(Login.mixed(Self.password), publicKeyPEM: cipher.publicKeyPEM)
        )
        try expect(
            &exchange,
            [
                (.client, [2], .toClient([1] + cipher.publicKeyPEM)),
                (.client, encrypted, .toBackend(Self.password)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    @Test("One that was encrypted with another key is refused")
    func otherKey() throws {
        for asksFirst in [true, false] {
            var exchange = exchange(client: false, backend: true)
            try askForPassword(&exchange)
            if asksFirst { _ = try exchange.receiveFromClient([2]) }
            let other = [UInt8](repeating: 1, count: 256)
            #expect(failure(&exchange, other, from: .client) == .clientUsedOtherKey)
        }
        // Decrypted, but not a password: no zero at its end.
        var exchange = exchange(client: false, backend: true)
        try askForPassword(&exchange)
        #expect(failure(&exchange, Array("gateway".utf8), from: .client) == .clientUsedOtherKey)
    }

    // As mysql-connector-python does; it has no encryption by keys.
    @Test(
        "A client without TLS that sends its password in clear is told so, and it goes no further",
        arguments: [true, false],
        ["caching_sha2_password", "sha256_password"]
    )
    func plainClear(backend: Bool, plugin: String) throws {
        var exchange = exchange(client: false, backend: backend)
        _ = try exchange.receiveFromBackend(Login.switchTo(plugin))
        if plugin == "caching_sha2_password" {
            _ = try exchange.receiveFromClient([UInt8](repeating: 9, count: 32))
            _ = try exchange.receiveFromBackend([1, 4])
        }
        #expect(failure(&exchange, Self.password, from: .client) == .clientSentPasswordInClear)
    }

    @Test("… and so is one that does after it was sent the server's key")
    func clearAfterKey() throws {
        var exchange = exchange(client: false, backend: false)
        try askForPassword(&exchange)
        _ = try exchange.receiveFromClient([2])
        _ = try exchange.receiveFromBackend([1] + MirrorCipher.backendKey)
        #expect(failure(&exchange, Self.password, from: .client) == .clientSentPasswordInClear)
    }

    @Test("sha256_password asks for the password at once, with a request of its own")
    func sha256() throws {
        let request = Login.switchTo("sha256_password")
        var inClear = exchange(client: true, backend: true)
        try expect(
            &inClear,
            [
                (.backend, request, .toClient(request)),
                (.client, Self.password, .toBackend(Self.password)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
        var encrypting = exchange(client: true, backend: false)
        try expect(
            &encrypting,
            [
                (.backend, request, .toClient(request)), (.client, Self.password, .toBackend([1])),
            ]
        )
        var decrypting = exchange(client: false, backend: true)
        let cipher = MirrorCipher()
        let encrypted = try #require(
            cipher.encrypt(Login.mixed(Self.password), publicKeyPEM: cipher.publicKeyPEM)
        )
        try expect(
            &decrypting,
            [
                (.backend, request, .toClient(request)),
                (.client, [1], .toClient([1] + cipher.publicKeyPEM)),
                (.client, encrypted, .toBackend(Self.password)),
            ]
        )
    }

    @Test("An empty password is sent as such", arguments: allSides, [[], [0]] as [[UInt8]])
    func empty(sides: (Bool, Bool), answer: [UInt8]) throws {
        var exchange = exchange(client: sides.0, backend: sides.1)
        let request = Login.switchTo("sha256_password")
        try expect(
            &exchange,
            [
                (.backend, request, .toClient(request)), (.client, answer, .toBackend(answer)),
                (.backend, Login.ok, .admitted(Login.ok)),
            ]
        )
    }

    @Test("What is not a password, or a key, is refused")
    func malformed() throws {
        for payload in [[2], Array("secret".utf8), [UInt8](repeating: 0, count: 2_000)] {
            var exchange = exchange(client: true, backend: false)
            try askForPassword(&exchange)
            #expect(failure(&exchange, payload, from: .client) == .clientSentBadPassword)
        }
        var badKey = exchange(client: true, backend: false)
        try askForPassword(&badKey)
        _ = try badKey.receiveFromClient(Self.password)
        #expect(failure(&badKey, [1, 2, 3], from: .backend) == .backendSentBadKey)
        var tooLong = exchange(client: true, backend: false)
        try askForPassword(&tooLong)
        _ = try tooLong.receiveFromClient([UInt8](repeating: 1, count: 300) + [0])
        #expect(
            failure(&tooLong, [1] + MirrorCipher.backendKey, from: .backend) == .backendSentBadKey
        )
    }

    @Test(
        "A password in clear needs TLS on both sides, or the service's permission",
        arguments: [
            "mysql_clear_password", "dialog", "authentication_openid_connect_client", "new",
        ]
    )
    func clear(plugin: String) throws {
        let request = Login.switchTo(plugin)
        for allows in [false, true] {
            var plain = exchange(client: false, backend: true, allowsClearText: allows)
            #expect(
                failure(&plain, request, from: .backend)
                    == .passwordInClear(plugin: plugin, .client)
            )
            var inside = exchange(client: true, backend: false, allowsClearText: allows)
            #expect(
                failure(&inside, request, from: .backend)
                    == (allows ? nil : .passwordInClear(plugin: plugin, .backend))
            )
            var both = exchange(client: true, backend: true, allowsClearText: allows)
            try expect(
                &both,
                [
                    (.backend, request, .toClient(request)),
                    (.client, Self.password, .toBackend(Self.password)),
                    (.backend, Login.ok, .admitted(Login.ok)),
                ]
            )
        }
    }

    @Test("The plugin from before MySQL 4.1 is refused", arguments: allSides)
    func obsolete(sides: (Bool, Bool)) {
        for request in [[0xfe], Login.switchTo("mysql_old_password")] {
            var exchange = exchange(client: sides.0, backend: sides.1)
            #expect(failure(&exchange, request, from: .backend) == .obsoletePlugin)
        }
    }

    @Test("A side that speaks out of turn, or without end, is refused")
    func disorder() throws {
        var early = exchange(client: true, backend: true)
        #expect(failure(&early, [1], from: .client) == .clientOutOfTurn)
        var dataFirst = exchange(client: true, backend: true)
        #expect(failure(&dataFirst, [1, 4], from: .backend) == .backendSent(.outOfSequence))
        for payload in [[], [0], [2, 1], [0xfd], [0xfe, 0x61]] as [[UInt8]] {
            var wild = exchange(client: true, backend: true)
            #expect(failure(&wild, payload, from: .backend) == .backendSent(.truncated))
        }
        var endless = exchange(client: true, backend: true)
        _ = try endless.receiveFromBackend(Login.switchTo("dialog"))
        var count = 0
        while failure(&endless, [1, 9], from: .backend) == nil { count += 1 }
        #expect(count < 100)
        #expect(failure(&endless, [1, 9], from: .backend) == .endless)
    }
}
