import HTTPTypes
import Hummingbird
import Settings
import Store

/// The cookie in which a browser keeps its session's token: out of reach of scripts, and of requests
/// that other sites cause.
struct SessionCookie: Sendable {
    /// Whether browsers reach the gateway by HTTPS. Without it, which is so on loopback only, a
    /// browser would not keep a cookie named `__Host-…`.
    let isSecure: Bool

    /// RFC 6265bis §4.1.3.2: with this prefix, no other host and no plain HTTP can set it.
    var name: String { isSecure ? "__Host-sluice" : "sluice" }

    /// `Set-Cookie` for a new session. It has no expiry: the gateway knows when it ends.
    func field(token: String) -> String {
        "\(name)=\(token)\(attributes)"
    }

    /// `Set-Cookie` that removes the cookie.
    var removal: String { "\(name)=\(attributes); Max-Age=0" }

    private var attributes: String {
        "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// The token that a request brings.
    func token(in fields: HTTPFields) -> String? { fields.cookie(name) }
}

extension HTTPFields {
    /// The value of a cookie (RFC 6265bis §5.8.3); `nil` without one, and if there are two: it would be
    /// undefined which one counts.
    func cookie(_ name: String) -> String? {
        let pairs = self[values: .cookie].flatMap { $0.split(separator: ";") }
        let values = pairs.compactMap { pair -> String? in
            let text = pair.drop { $0 == " " }
            guard text.hasPrefix(name + "=") else { return nil }
            return String(text.dropFirst(name.count + 1))
        }
        return values.count == 1 ? values[0] : nil
    }
}

extension Request {
    /// Whether the page that sends the request is one of the gateway's own: what a browser says of
    /// every request that changes something (Fetch Metadata; `Origin` was compared already).
    var isFromOwnPage: Bool {
        fetchSite.map { $0 == "same-origin" } ?? (headers[.origin] != nil)
    }
}
