import Credentials
import JWTKit
import Settings
import Text

/// The public keys that a provider signs with (RFC 7517 §5).
struct ProviderKeys: Hashable, Sendable {
    /// A key, with what decides whether it may be used.
    fileprivate struct Key: Hashable, Sendable {
        /// What may be in it: nothing private, nothing symmetric.
        enum Material: Hashable, Sendable {
            case rsa(modulus: String, exponent: String)
            case curve(String, x: String, y: String)
            case edwards(x: String)
        }

        let id: String?
        /// If the key is for one algorithm only.
        let algorithm: String?
        let material: Material
    }

    private static let limit = 100
    private let keys: [Key]

    var isEmpty: Bool { keys.isEmpty }

    /// Keys of other kinds and for other purposes are left out: a set may have keys that the gateway
    /// does not understand (RFC 7517 §5).
    init(parsing bytes: [UInt8]) throws(ProviderError) {
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw .invalid("its keys: \(error)")
        }
        guard let keys = json["keys"]?.array else { throw .invalid("it has no keys") }
        guard keys.count <= Self.limit else { throw .tooLarge }
        self.keys = keys.compactMap(Key.init)
    }

    /// The key that a token's header names.
    ///
    /// - Parameter id: without one, there must be only one key for the algorithm (OpenID Connect Core
    ///   §10.1).
    /// - Returns: `nil` if there is none, or if it is for another algorithm: an RSA key never checks an
    ///   HMAC.
    func verifier(id: String?, for algorithm: SingleSignOn.Algorithm) async
        -> (any JWTAlgorithm)?
    {
        let suitable = keys.filter { key in
            (id == nil || key.id == id) && key.fits(algorithm)
        }
        guard suitable.count == 1 else { return nil }
        return await suitable[0].verifier(for: algorithm)
    }

    /// Whether there is a key of this id, for whatever algorithm.
    func has(id: String?) -> Bool { id == nil ? !isEmpty : keys.contains { $0.id == id } }
}

extension ProviderKeys.Key {
    init?(_ json: JSONValue) {
        if let use = json["use"]?.string, use != "sig" { return nil }
        if let operations = json["key_ops"]?.array, !operations.contains("verify") { return nil }
        switch (json["kty"]?.string, json["crv"]?.string) {
        case ("RSA", _):
            guard let n = json["n"]?.string, let e = json["e"]?.string else { return nil }
            material = .rsa(modulus: n, exponent: e)
        case ("EC", let curve?):
            guard let x = json["x"]?.string, let y = json["y"]?.string else { return nil }
            material = .curve(curve, x: x, y: y)
        case ("OKP", "Ed25519"):
            guard let x = json["x"]?.string else { return nil }
            material = .edwards(x: x)
        default: return nil
        }
        id = json["kid"]?.string
        algorithm = json["alg"]?.string
    }

    func fits(_ wanted: SingleSignOn.Algorithm) -> Bool {
        guard algorithm == nil || algorithm == wanted.rawValue else { return false }
        return switch (material, wanted) {
        case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512): true
        case (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): true
        case (.curve("P-256", _, _), .es256), (.curve("P-384", _, _), .es384): true
        case (.curve("P-521", _, _), .es512), (.edwards, .edDSA): true
        default: false
        }
    }

    /// `nil` for a key that cannot be one, or that is too short: RSA below 2,048 bits.
    func verifier(for wanted: SingleSignOn.Algorithm) async -> (any JWTAlgorithm)? {
        guard let algorithm = JWK.Algorithm(rawValue: wanted.rawValue) else { return nil }
        let identifier = JWKIdentifier(string: "key")
        let jwk: JWK
        switch material {
        case .rsa(let modulus, let exponent):
            guard let bytes = [UInt8](base64URL: modulus)?.drop(while: { $0 == 0 }),
                bytes.count >= 256, bytes.count <= 1_024
            else { return nil }
            jwk = .rsa(algorithm, identifier: identifier, modulus: modulus, exponent: exponent)
        case .curve(let name, let x, let y):
            jwk = .ecdsa(
                algorithm,
                identifier: identifier,
                x: x,
                y: y,
                curve: ECDSACurve(rawValue: name)
            )
        case .edwards(let x):
            jwk = .octetKeyPair(algorithm, identifier: identifier, x: x, y: nil, curve: .ed25519)
        }
        // `try?`: a key that cannot be one checks nothing. A collection of its own, for one that has
        // others would fall back to them.
        return try? await JWTKeyCollection().add(jwk: jwk)
            .getKey(for: identifier, alg: wanted.rawValue)
    }
}
