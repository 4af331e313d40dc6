import Credentials
import Crypto
import Settings
import Testing
import Text

@testable import ACME

@Suite("Signed requests")
struct SignedObjectTests {
    private let key = AccountKey()

    private func url(_ text: String) throws -> WebURL { try #require(WebURL(text)) }

    private func part(_ name: String, of object: SignedObject) throws -> JSONValue {
        let text = try #require(object.json[name]?.string)
        return try JSONValue(parsing: try #require([UInt8](base64URL: text)))
    }

    /// Checks the signature with the key that the object names, as an authority does.
    private func verifies(_ object: SignedObject, _ jwk: JSONValue) throws -> Bool {
        let point = try ["x", "y"].flatMap { name in
            try #require([UInt8](base64URL: jwk[name]?.string ?? "="))
        }
        let key = try P256.Signing.PublicKey(rawRepresentation: point)
        let signature = try #require([UInt8](base64URL: object.json["signature"]?.string ?? "="))
        #expect(signature.count == 64)
        let header = try #require(object.json["protected"]?.string)
        let payload = try #require(object.json["payload"]?.string)
        return key.isValidSignature(
            try P256.Signing.ECDSASignature(rawRepresentation: signature),
            for: Array("\(header).\(payload)".utf8)
        )
    }

    @Test("The thumbprint is that of RFC 7638 §3.1")
    func thumbprint() {
        let jwk: JSONValue = [
            "kty": "RSA", "e": "AQAB",
            "n": """
            0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_\
            BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0\
            _FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWh\
            AI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw
            """,
        ]
        #expect(
            AccountKey.thumbprint(of: jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        )
    }

    @Test("A new account's request has its key, an account's its URL, and the signature fits")
    func signers() throws {
        let target = try url("https://a.example/new-account")
        let account = try url("https://a.example/account/1")
        let new = try SignedObject(["a": 1], to: target, nonce: "n-1", by: .newKey, key: key)
        let header = try part("protected", of: new)
        #expect(header["alg"] == "ES256" && header["nonce"] == "n-1")
        #expect(header["url"] == "https://a.example/new-account")
        #expect(header["jwk"] == key.publicJWK && header["kid"] == nil)
        #expect(try part("payload", of: new) == ["a": 1])
        #expect(try verifies(new, key.publicJWK))
        let known = try SignedObject([:], to: target, nonce: "n", by: .account(account), key: key)
        let kid = try part("protected", of: known)
        #expect(kid["kid"] == "https://a.example/account/1" && kid["jwk"] == nil)
        #expect(known.json["payload"] == .string(Array("{}".utf8).base64URL))
        #expect(try verifies(known, key.publicJWK))
        #expect(try !verifies(known, AccountKey().publicJWK))
    }

    @Test("A request that only reads has an empty payload")
    func reading() throws {
        let target = try url("https://a.example/order/1")
        let object = try SignedObject(nil, to: target, nonce: "n", by: .account(target), key: key)
        #expect(object.json["payload"] == "")
    }

    @Test("An external account is bound by HS256 over the new key, without a nonce")
    func binding() throws {
        let target = try url("https://a.example/new-account")
        let macKey = Array("secret".utf8)
        let object = try SignedObject(binding: key, to: "kid-1", macKey: macKey, at: target)
        let header = try part("protected", of: object)
        #expect(header == ["alg": "HS256", "kid": "kid-1", "url": .string(target.text)])
        #expect(try part("payload", of: object) == key.publicJWK)
        let data = try ["protected", "payload"].map { try #require(object.json[$0]?.string) }
            .joined(separator: ".")
        let expected = HMAC<SHA256>.authenticationCode(
            for: Array(data.utf8),
            using: SymmetricKey(data: macKey)
        )
        #expect(object.json["signature"] == .string(Array(expected).base64URL))
    }

    @Test("A key survives its file, and other texts are not keys")
    func pem() throws {
        let again = try #require(AccountKey(pem: key.pem))
        #expect(again.thumbprint == key.thumbprint)
        for text in ["", "nonsense", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"] {
            #expect(AccountKey(pem: text) == nil)
        }
    }
}
