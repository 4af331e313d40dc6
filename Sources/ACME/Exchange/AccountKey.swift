import Credentials
import Crypto
import Text

/// The key that an account is known by: ECDSA P-256, ES256 (RFC 7518 §3.4).
struct AccountKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// A new one.
    init() { key = P256.Signing.PrivateKey() }

    /// - Returns: `nil` if it is not such a key.
    init?(pem: String) {
        // `try?`: what matters is that it is not such a key.
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) else { return nil }
        self.key = key
    }

    var pem: String { key.pemRepresentation + "\n" }

    /// RFC 7517 §4, with the members that RFC 7638 §3.2 requires and no others.
    var publicJWK: JSONValue {
        let point = Array(key.publicKey.rawRepresentation)
        return [
            "kty": "EC", "crv": "P-256", "x": .string(Array(point.prefix(32)).base64URL),
            "y": .string(Array(point.suffix(32)).base64URL),
        ]
    }

    /// RFC 7638 §3: the digest of the JWK without space, its members sorted.
    var thumbprint: String { Self.thumbprint(of: publicJWK) }

    static func thumbprint(of jwk: JSONValue) -> String {
        Digest.sha256(jwk.text.utf8).base64URL
    }

    /// RFC 8555 §8.1.
    func keyAuthorization(of token: String) -> String { "\(token).\(thumbprint)" }

    /// The two integers of the signature, 64 bytes (RFC 7518 §3.4).
    func signature(of bytes: [UInt8]) throws(ACMEError) -> [UInt8] {
        // `try?`: it is not known to fail.
        guard let signature = try? key.signature(for: bytes) else {
            throw .invalid("cannot sign")
        }
        return Array(signature.rawRepresentation)
    }
}
