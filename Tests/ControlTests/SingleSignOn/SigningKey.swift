import Credentials
import Crypto
import CryptoExtras
import Foundation
import Text

@testable import Control

/// A provider's key pair, or what an attacker takes for one.
struct SigningKey: Sendable {
    let id: String?
    /// What the header says.
    let algorithm: String
    /// As the provider publishes it.
    let published: JSONValue
    private let sign: @Sendable ([UInt8]) throws -> [UInt8]

    static func es256(_ id: String? = "ec") -> SigningKey {
        let key = P256.Signing.PrivateKey()
        let point = Array(key.publicKey.rawRepresentation)
        return SigningKey(
            id: id,
            algorithm: "ES256",
            published: JSONValue(present: [
                "kty": "EC", "crv": "P-256", "kid": id.map(JSONValue.string), "use": "sig",
                "x": .string(Array(point.prefix(32)).base64URL),
                "y": .string(Array(point.suffix(32)).base64URL),
            ])
        ) { Array(try key.signature(for: Data($0)).rawRepresentation) }
    }

    static func edDSA(_ id: String? = "ed") -> SigningKey {
        let key = Curve25519.Signing.PrivateKey()
        return SigningKey(
            id: id,
            algorithm: "EdDSA",
            published: JSONValue(present: [
                "kty": "OKP", "crv": "Ed25519", "kid": id.map(JSONValue.string),
                "x": .string(Array(key.publicKey.rawRepresentation).base64URL),
            ])
        ) { Array(try key.signature(for: Data($0))) }
    }

    /// - Parameter isPSS: `PS256` instead of `RS256`.
    static func rsa(
        _ id: String? = "rsa",
        bits: Int = 2_048,
        isPSS: Bool = false,
        alg: String? = nil
    ) throws -> SigningKey {
        let key = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: bits))
        let parts = try key.publicKey.getKeyPrimitives()
        return SigningKey(
            id: id,
            algorithm: isPSS ? "PS256" : "RS256",
            published: JSONValue(present: [
                "kty": "RSA", "kid": id.map(JSONValue.string), "alg": alg.map(JSONValue.string),
                "n": .string(Array(parts.modulus).base64URL),
                "e": .string(Array(parts.publicExponent).base64URL),
            ])
        ) { bytes in
            let padding: _RSA.Signing.Padding = isPSS ? .PSS : .insecurePKCS1v1_5
            let digest = SHA256.hash(data: bytes)
            return Array(try key.signature(for: digest, padding: padding).rawRepresentation)
        }
    }

    /// The attack of those who know a public key: an HMAC with it as its secret.
    func asHMAC() -> SigningKey {
        let secret = Array(published.text.utf8)
        return SigningKey(id: id, algorithm: "HS256", published: published) { bytes in
            Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: secret)))
        }
    }

    /// No signature at all.
    func asNone() -> SigningKey {
        SigningKey(id: id, algorithm: "none", published: published) { _ in [] }
    }

    /// Another key with the id of this one.
    func forged() -> SigningKey { .es256(id) }

    /// A token.
    func token(_ claims: JSONValue, header more: [String: JSONValue] = [:]) throws -> String {
        var header: [String: JSONValue] = ["alg": .string(algorithm), "typ": "JWT"]
        header["kid"] = id.map(JSONValue.string)
        header.merge(more) { $1 }
        let signed = [JSONValue.object(header), claims]
            .map { Array($0.text.utf8).base64URL }.joined(separator: ".")
        return try signed + "." + sign(Array(signed.utf8)).base64URL
    }
}

extension [SigningKey] {
    /// As a provider publishes them.
    var published: [UInt8] {
        [UInt8](JSONValue.object(["keys": .array(map(\.published))]).text.utf8)
    }
}
