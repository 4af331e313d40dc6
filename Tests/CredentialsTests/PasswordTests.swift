import Testing

@testable import Credentials

@Suite("Passwords")
struct PasswordTests {
    /// Fast enough for tests; nothing else about it is different.
    private static let cheap = PasswordHash.Parameters(logCost: 4, parallelism: 1)

    private static func typed(_ text: String) throws -> Password {
        try #require(Password(typed: text))
    }

    @Test("A hash matches its own password, and no other")
    func matches() throws {
        let hash = PasswordHash(try Self.typed("correct horse battery"), Self.cheap)
        #expect(hash.matches(try Self.typed("correct horse battery")))
        for other in [
            "correct horse batterY", "correct horse batter", "correct horse battery ", "x",
        ] {
            #expect(!hash.matches(try Self.typed(other)), "\(other)")
        }
    }

    @Test("Two hashes of one password differ, and both survive their text")
    func salted() throws {
        let password = try Self.typed("correct horse battery")
        let hashes = [PasswordHash(password, Self.cheap), PasswordHash(password, Self.cheap)]
        #expect(hashes[0] != hashes[1])
        for hash in hashes {
            let read = try #require(PasswordHash("\(hash)"))
            #expect(read == hash && read.matches(password))
            #expect("\(hash)".hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        }
    }

    /// RFC 7914 §12 has N=16384, r=8, p=1 with this password and salt; its first 32 bytes.
    @Test("A hash that another program has made is recognized")
    func vector() throws {
        let text =
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
            + "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"
        let hash = try #require(PasswordHash(text))
        #expect(hash.matches(try Self.typed("pleaseletmein")))
        #expect(!hash.matches(try Self.typed("pleaseletmeout")))
    }

    @Test(
        "A text that this program would not write is no hash: it could ask for all memory",
        arguments: [
            "", "$scrypt$", "$scrypt$ln=15,r=8,p=3$$", "scrypt$ln=15,r=8,p=3$c2FsdHNhbHQ$aGFzaA",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA",
            "$scrypt$ln=40,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
            "$scrypt$ln=20,r=16,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
            "$scrypt$ln=-1,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
            "$scrypt$ln=14,p=1,r=8$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdof",
        ]
    )
    func malformed(text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test("A decoy matches nothing, and is as expensive as a hash")
    func decoy() throws {
        let decoy = PasswordHash.decoy(Self.cheap)
        #expect(decoy.parameters == Self.cheap)
        #expect(!decoy.matches(try Self.typed("correct horse battery")))
        #expect(!PasswordHash.decoy().isOutdated() && decoy.isOutdated())
    }

    @Test("A new password is long enough, not of one letter, and without the account's name")
    func rules() throws {
        func problem(_ text: String) -> PasswordProblem? {
            do throws(PasswordProblem) {
                _ = try Password(new: text, of: "anna")
                return nil
            } catch {
                return error
            }
        }
        #expect(problem("elevenchars") == .tooShort)
        #expect(problem(String(repeating: "ab", count: 200)) == .tooLong)
        #expect(problem("abababababab") == .repetitive)
        #expect(problem("with\u{7}a bell inside") == .controlCharacter)
        #expect(problem("my name is Anna!") == .containsName)
        #expect(problem("correct horse battery") == nil)
        // Twelve characters of any script.
        #expect(problem("пароль-длинный") == nil)
    }

    @Test("A generated password may be set, and no two are the same")
    func generated() throws {
        let passwords = (0..<100).map { _ in Password.generated().text }
        #expect(Set(passwords).count == 100)
        for text in passwords { _ = try Password(new: text, of: "admin") }
    }

    @Test("No secret is printed, dumped or interpolated")
    func hidden() throws {
        let password = try Self.typed("correct horse battery")
        let token = SecretToken(.session)
        let code = TimeBasedCode(secret: Array("12345678901234567890".utf8))
        var text = "\(password) \(token) \(code)" + String(reflecting: (password, token, code))
        dump(password, to: &text)
        dump(token, to: &text)
        dump(code, to: &text)
        #expect(!text.contains("horse") && !text.contains(token.text.dropFirst(3)))
        #expect(!text.contains("49"), "\(text)")
    }
}
