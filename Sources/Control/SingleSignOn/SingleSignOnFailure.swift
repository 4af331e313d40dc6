import HTTPTypes
import Store
import Text

/// Why somebody could not sign in at the provider.
enum SingleSignOnFailure: Error {
    /// The link has a return path that is not one of the gateway's own.
    case invalidReturn
    /// The login has ended, was used, or was begun by another browser.
    case unknownLogin
    case tooMany(seconds: Int)
    /// The provider's answer, as one of its words.
    case refusedByProvider(String)
    /// The answer names another provider (RFC 9207 §2.4).
    case otherIssuer
    case provider(ProviderError)
    case token(TokenRefusal)
    /// No rule gives this person a role.
    case noRole
    case account(StoreRefusal)
    case store(String)

    /// For the metrics: one of a few words.
    var word: String {
        switch self {
        case .invalidReturn: "ssoReturn"
        case .unknownLogin: "ssoState"
        case .tooMany: "throttled"
        case .refusedByProvider: "ssoProvider"
        case .otherIssuer: "ssoIssuer"
        case .provider: "ssoProvider"
        case .token: "ssoToken"
        case .noRole: "ssoRole"
        case .account: "ssoAccount"
        case .store: "ssoStore"
        }
    }

    /// For the operator's log.
    var reason: String {
        switch self {
        case .invalidReturn: "the return path is not one of the gateway's"
        case .unknownLogin: "the login has ended, was used, or was begun by another browser"
        case .tooMany: "too many attempts"
        case .refusedByProvider(let word): "the provider says \(word)"
        case .otherIssuer: "the answer is of another issuer"
        case .provider(let error): "\(error)"
        case .token(let refusal): "the ID token was refused: \(refusal)"
        case .noRole: "no rule of management.singleSignOn.roles gives this person a role"
        case .account(let refusal): "\(refusal)"
        case .store(let reason): reason
        }
    }

    /// For the person, who may be anyone: it tells nothing of the gateway's inside.
    var sentence: String {
        switch self {
        case .invalidReturn: "The link leads to a page that is not one of this gateway."
        case .unknownLogin:
            "This sign-in has expired, was already used, or was started in another browser. Start"
                + " again."
        case .tooMany(let seconds): "Too many attempts. Try again in \(seconds) s."
        case .refusedByProvider("access_denied"): "The provider did not let you in."
        case .refusedByProvider(let word): "The provider refused the sign-in (\(word))."
        case .otherIssuer: "The answer came from another provider. Start again."
        case .provider(.refused(let word)): "The provider refused the sign-in (\(word))."
        case .provider:
            "The provider cannot be used at the moment. Try again later; the gateway's log has the"
                + " reason."
        case .token:
            "The provider's answer is not valid. Start again; the gateway's log has the reason."
        case .noRole:
            "You are signed in at the provider, but none of your groups gives you access to this"
                + " gateway. Ask its administrator."
        case .account(.disabledAccount): "Your account on this gateway is disabled."
        case .account: "Your account cannot be used. The gateway's log has the reason."
        case .store: "The gateway cannot sign anybody in at the moment. Try again later."
        }
    }

    var status: HTTPResponse.Status {
        switch self {
        case .invalidReturn, .unknownLogin, .otherIssuer: .badRequest
        case .tooMany: .tooManyRequests
        case .refusedByProvider, .provider(.refused), .token, .noRole, .account: .forbidden
        case .provider, .store: .serviceUnavailable
        }
    }
}
