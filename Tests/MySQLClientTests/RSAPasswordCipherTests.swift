import MySQLClient
import MySQLProtocol
import Testing

@Suite("Passwords encrypted with a key")
struct RSAPasswordCipherTests {
    @Test("What is encrypted with the gateway's key is decrypted, and nothing else is")
    func roundTrip() throws {
        let cipher = try #require(RSAPasswordCipher())
        let other = try #require(RSAPasswordCipher())
        let pem = String(decoding: cipher.publicKeyPEM, as: UTF8.self)
        #expect(pem.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
        let secret = Array("secret\0".utf8)
        let encrypted = try #require(
            other.encrypt(secret, publicKeyPEM: cipher.publicKeyPEM)
        )
        #expect(encrypted.count == 256)
        #expect(cipher.decrypt(encrypted) == secret)
        #expect(other.decrypt(encrypted) == nil)
        #expect(cipher.decrypt([]) == nil)
        #expect(cipher.decrypt(secret) == nil)
        #expect(cipher.decrypt(encrypted.dropLast() + [encrypted.last! ^ 1]) == nil)
    }

    @Test("A key that is none, and a password that is too long for it, are refused")
    func refused() throws {
        let cipher = try #require(RSAPasswordCipher())
        #expect(cipher.encrypt([1], publicKeyPEM: Array("a key".utf8)) == nil)
        #expect(cipher.encrypt([1], publicKeyPEM: []) == nil)
        let longest = [UInt8](repeating: 1, count: 214)
        #expect(cipher.encrypt(longest, publicKeyPEM: cipher.publicKeyPEM) != nil)
        #expect(cipher.encrypt(longest + [1], publicKeyPEM: cipher.publicKeyPEM) == nil)
    }

    @Test("The key is not shown")
    func secrecy() throws {
        let cipher = try #require(RSAPasswordCipher())
        #expect("\(cipher)" == "(a key)")
        var text = ""
        dump(cipher, to: &text)
        #expect(!text.contains("privateKey"))
    }
}
