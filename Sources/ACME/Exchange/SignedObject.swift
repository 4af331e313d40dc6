import Credentials
import Crypto
import Settings
import Text

/// A JSON Web Signature in its flattened form (RFC 7515 §7.2.2), as ACME has it (RFC 8555 §6.2).
struct SignedObject: Hashable, Sendable {
    let json: JSONValue

    /// Who signs: a key that the authority does not know yet, or an account.
    enum Signer: Hashable, Sendable {
        case newKey
        case account(WebURL)
    }

    /// - Parameter payload: `nil` for "POST-as-GET" (RFC 8555 §6.3), whose payload is empty.
    init(
        _ payload: JSONValue?,
        to url: WebURL,
        nonce: String,
        by signer: Signer,
        key: AccountKey
    ) throws(ACMEError) {
        var header: [String: JSONValue] = [
            "alg": "ES256", "nonce": .string(nonce), "url": .string(url.text),
        ]
        switch signer {
        case .newKey: header["jwk"] = key.publicJWK
        case .account(let account): header["kid"] = .string(account.text)
        }
        try self.init(header: .object(header), payload?.text ?? "") {
            bytes throws(ACMEError) in try key.signature(of: bytes)
        }
    }

    /// The proof that an account elsewhere agrees (RFC 8555 §7.3.4): the new account's key, by HS256.
    init(
        binding key: AccountKey,
        to externalID: String,
        macKey: [UInt8],
        at url: WebURL
    ) throws(ACMEError) {
        let header: JSONValue = [
            "alg": "HS256", "kid": .string(externalID), "url": .string(url.text),
        ]
        try self.init(header: header, key.publicJWK.text) { bytes throws(ACMEError) in
            Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: macKey)))
        }
    }

    private init(
        header: JSONValue,
        _ payload: String,
        _ sign: ([UInt8]) throws(ACMEError) -> [UInt8]
    ) throws(ACMEError) {
        let header = Array(header.text.utf8).base64URL
        let payload = Array(payload.utf8).base64URL
        let signature = try sign(Array("\(header).\(payload)".utf8))
        json = [
            "protected": .string(header), "payload": .string(payload),
            "signature": .string(signature.base64URL),
        ]
    }
}
