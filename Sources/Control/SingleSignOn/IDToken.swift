import Credentials
import Crypto
import JWTKit
import Settings
import Text

/// Why an ID token is not believed. For the operator's log and the metrics; people are told only that
/// it is not.
enum TokenRefusal: Error, Hashable, CustomStringConvertible {
    case malformed
    case algorithm(String)
    /// No key of the provider's fits.
    case unknownKey
    case signature
    case issuer
    case audience
    case expired
    case notYetValid
    case nonce
    case subject
    /// `at_hash` is of another access token.
    case accessToken

    var description: String {
        switch self {
        case .malformed: "it is not an ID token"
        case .algorithm(let name):
            "it is signed with \(name.quoted) (management.singleSignOn.algorithms lists what may be)"
        case .unknownKey: "it is signed with a key that the provider does not have"
        case .signature: "its signature is wrong"
        case .issuer: "it is of another issuer"
        case .audience: "it is for another client"
        case .expired: "it has expired (is this machine's clock right?)"
        case .notYetValid: "it is of the future (is this machine's clock right?)"
        case .nonce: "it is of another login"
        case .subject: "it names nobody"
        case .accessToken: "it is of another access token"
        }
    }
}

/// An ID token in three parts, of which nothing is believed yet (RFC 7515 §7.1).
struct UnverifiedToken: Sendable {
    static let byteLimit = 65_536

    let algorithm: SingleSignOn.Algorithm
    let keyID: String?
    private let signed: [UInt8]
    private let signature: [UInt8]
    private let claims: JSONValue

    /// - Parameter allowed: the algorithms it may be signed with.
    init(parsing text: String, allowing allowed: Set<SingleSignOn.Algorithm>)
        throws(TokenRefusal)
    {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.byteLimit, parts.count == 3,
            let header = Self.json(parts[0]), let claims = Self.json(parts[1]),
            let signature = [UInt8](base64URL: parts[2]), !signature.isEmpty
        else { throw .malformed }
        // Extensions that must be understood; the gateway knows none (RFC 7515 §4.1.11).
        guard header["crit"] == nil else { throw .malformed }
        let name = header["alg"]?.string ?? ""
        guard let algorithm = SingleSignOn.Algorithm(rawValue: name), allowed.contains(algorithm)
        else { throw .algorithm(name) }
        self.algorithm = algorithm
        keyID = header["kid"]?.string
        signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
        self.claims = claims
    }

    private static func json(_ part: Substring) -> JSONValue? {
        // `try?`: what is not JSON is not a token.
        guard let bytes = [UInt8](base64URL: part), let json = try? JSONValue(parsing: bytes),
            case .object = json
        else { return nil }
        return json
    }

    /// The claims, if the provider has signed them. Keys that the token itself brings or points to
    /// (`jwk`, `jku`, `x5c`) do not count.
    func claims(signedBy keys: ProviderKeys) async throws(TokenRefusal) -> JSONValue {
        guard let verifier = await keys.verifier(id: keyID, for: algorithm) else {
            throw .unknownKey
        }
        // `try?`: what cannot be a signature is none.
        guard (try? verifier.verify(signature, signs: signed)) == true else { throw .signature }
        return claims
    }
}

/// What an ID token has to say (OpenID Connect Core §3.1.3.7).
struct TokenExpectation: Sendable {
    /// Of clocks that differ, in seconds.
    static let leeway = 60.0
    private static let subjectLimit = 255

    let issuer: String
    let clientID: String
    let nonce: String
    /// What came with the ID token.
    let accessToken: String?
    let algorithm: SingleSignOn.Algorithm

    /// - Parameters:
    ///   - claims: of a token whose signature is right.
    ///   - now: in seconds since 1970.
    /// - Returns: the subject.
    func check(_ claims: JSONValue, at now: Double) throws(TokenRefusal) -> String {
        guard claims["iss"]?.string == issuer else { throw .issuer }
        guard isAudience(claims) else { throw .audience }
        guard let expiry = claims["exp"]?.seconds, now < expiry + Self.leeway else {
            throw .expired
        }
        guard let issued = claims["iat"]?.seconds, issued <= now + Self.leeway else {
            throw .notYetValid
        }
        if let start = claims["nbf"] {
            guard let start = start.seconds, start <= now + Self.leeway else { throw .notYetValid }
        }
        guard let given = claims["nonce"]?.string,
            Array(given.utf8).equalsInConstantTime(Array(nonce.utf8))
        else { throw .nonce }
        if let hash = claims["at_hash"] {
            guard let accessToken, hash.string == algorithm.halfHash(of: accessToken) else {
                throw .accessToken
            }
        }
        guard let subject = claims["sub"]?.string,
            (1...Self.subjectLimit).contains(subject.utf8.count),
            subject.unicodeScalars.allSatisfy(\.isHarmless)
        else { throw .subject }
        return subject
    }

    /// One of several audiences must be named as the party that the token was issued to.
    private func isAudience(_ claims: JSONValue) -> Bool {
        let audiences: [JSONValue] =
            switch claims["aud"] {
            case .string(let one)?: [.string(one)]
            case .array(let several)?: several
            default: []
            }
        guard audiences.contains(.string(clientID)) else { return false }
        guard let party = claims["azp"] else { return audiences.count == 1 }
        return party.string == clientID
    }
}

extension JSONValue {
    /// A NumericDate (RFC 7519 §2).
    fileprivate var seconds: Double? {
        guard case .number(let digits) = self, let value = Double(digits), value.isFinite else {
            return nil
        }
        return value
    }
}

extension SingleSignOn.Algorithm {
    /// `at_hash` (OpenID Connect Core §3.1.3.6): the left half of the token's hash, by the hash
    /// function of the signature.
    fileprivate func halfHash(of token: String) -> String {
        let bytes = Array(token.utf8)
        let hash: [UInt8] =
            switch self {
            case .rs256, .ps256, .es256: Array(SHA256.hash(data: bytes))
            case .rs384, .ps384, .es384: Array(SHA384.hash(data: bytes))
            case .rs512, .ps512, .es512, .edDSA: Array(SHA512.hash(data: bytes))
            }
        return Array(hash.prefix(hash.count / 2)).base64URL
    }
}
