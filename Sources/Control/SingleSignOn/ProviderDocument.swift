import Settings
import Text

/// What a provider says of itself (OpenID Connect Discovery §3), as far as the gateway needs it.
struct ProviderDocument: Hashable, Sendable {
    let authorizationEndpoint: WebURL
    let tokenEndpoint: WebURL
    let keysURL: WebURL
    /// Whether it takes a client's secret in the Authorization field (RFC 6749 §2.3.1), or only in the
    /// body.
    let takesBasicAuthentication: Bool
    /// Whether it names itself in each answer (RFC 9207 §3).
    let namesItself: Bool

    /// - Parameter issuer: as configured.
    /// - Throws: if the document is of another provider, or names an address without TLS.
    init(parsing bytes: [UInt8], of issuer: WebURL) throws(ProviderError) {
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw .invalid("its discovery document: \(error)")
        }
        // Byte for byte (OpenID Connect Discovery §4.3): one provider must not speak for another.
        guard json["issuer"]?.string == issuer.text else {
            throw .otherIssuer(found: json["issuer"]?.string)
        }
        func endpoint(_ key: String) throws(ProviderError) -> WebURL {
            guard let text = json[key]?.string else {
                throw .invalid("its discovery document has no \(key)")
            }
            // One with TLS must not send secrets to one without.
            guard let url = WebURL(text), url.isSecure || !issuer.isSecure else {
                throw .invalid("\(key) \(text.quoted) is not an https URL")
            }
            return url
        }
        authorizationEndpoint = try endpoint("authorization_endpoint")
        tokenEndpoint = try endpoint("token_endpoint")
        keysURL = try endpoint("jwks_uri")
        let methods = json["token_endpoint_auth_methods_supported"]?.array
        takesBasicAuthentication = methods?.contains("client_secret_basic") ?? true
        namesItself = json["authorization_response_iss_parameter_supported"] == true
    }

    /// Where the document of an issuer is (OpenID Connect Discovery §4).
    static func address(of issuer: WebURL) -> String {
        let base = issuer.text.hasSuffix("/") ? String(issuer.text.dropLast()) : issuer.text
        return base + "/.well-known/openid-configuration"
    }
}

/// Why a provider cannot be used now. For the operator's log; people are told only that it fails.
enum ProviderError: Error, Hashable, CustomStringConvertible {
    case unreachable(String)
    case status(Int)
    case tooLarge
    case invalid(String)
    case otherIssuer(found: String?)
    case secret(String)
    /// The token endpoint's own word (RFC 6749 §5.2).
    case refused(String)
    /// It failed a moment ago, and is not asked again yet.
    case failedBefore(String)

    var description: String {
        switch self {
        case .unreachable(let reason): "cannot reach the provider: \(reason)"
        case .status(let status): "the provider answered with status \(status)"
        case .tooLarge: "the provider's answer is too large"
        case .invalid(let what): "the provider's answer is invalid: \(what)"
        case .otherIssuer(let found):
            "the provider calls itself \(found?.quoted ?? "nothing") (management.singleSignOn.issuer"
                + " must be the same, byte for byte)"
        case .secret(let reason): reason
        case .refused(let word):
            "the provider refused the code: \(word) (are clientId, clientSecretFile and the redirect"
                + " URI as registered there?)"
        case .failedBefore(let reason): "\(reason) (trying again in a few seconds)"
        }
    }
}
