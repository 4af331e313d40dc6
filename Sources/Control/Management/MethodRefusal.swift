import HTTPTypes

/// Why a request is refused for its method, whether or not there is something at its path.
enum MethodRefusal: Hashable {
    /// It would change the policy, which only the configuration file does.
    case policyIsFile
    /// Everything here is for reading.
    case methodNotAllowed

    /// What is answered, as in the Allow field (RFC 9110 §10.2.1).
    static let allowed = "GET, HEAD"
    /// A sentence for people.
    static let advice = "Only GET and HEAD are supported."

    /// `nil` if the method only reads.
    init?(_ method: HTTPRequest.Method, path: String) {
        switch method {
        case .get, .head: return nil
        // Closing a session and changing a backend's mode do not change the policy.
        case .delete where path == "/v1/sessions": return nil
        case .put where path == "/v1/backends": return nil
        case .post, .put, .patch, .delete: self = Self.ofWrite(to: path)
        default: self = .methodNotAllowed
        }
    }

    private static func ofWrite(to path: String) -> MethodRefusal {
        path == "/v1" || path.hasPrefix("/v1/") ? .policyIsFile : .methodNotAllowed
    }
}
