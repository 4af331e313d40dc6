import Addresses
package import Text

/// The URL of a web server: HTTPS, or plain HTTP on a loopback address, where nobody can listen
/// (RFC 8252 §8.3).
package struct WebURL: Hashable, Sendable {
    /// As it was written. Identities are compared by it, byte for byte.
    package let text: String
    /// Without brackets, in lower case.
    package let host: String
    package let isSecure: Bool
    /// With its query; empty, or begins with `/` or `?`.
    package let path: String

    /// Whether plain HTTP is accepted for it.
    package var isOnLoopback: Bool { Self.isLoopback(host) }

    /// `nil` for what is not such a URL: other schemes, user information, fragments, and characters
    /// that a URL does not have (RFC 3986 §2).
    package init?(_ text: String) {
        let scheme: String
        if text.hasPrefix("https://") {
            scheme = "https://"
        } else if text.hasPrefix("http://") {
            scheme = "http://"
        } else {
            return nil
        }
        guard text.utf8.count <= Self.byteLimit, text.utf8.allSatisfy(\.isOfURL) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let host = Self.host(of: authority) else { return nil }
        self.text = text
        self.host = host
        isSecure = scheme == "https://"
        path = String(rest.dropFirst(authority.count))
        guard isSecure || Self.isLoopback(host) else { return nil }
    }

    private static let byteLimit = 1_024

    private static func host(of authority: Substring) -> String? {
        if authority.hasPrefix("[") {
            let parts = authority.dropFirst().split(
                separator: "]",
                omittingEmptySubsequences: false
            )
            // `try?`: only an address may be in brackets.
            guard parts.count == 2, parts[1].isEmpty || isPort(parts[1]),
                case .v6 = try? IPAddress(parsing: String(parts[0]))
            else { return nil }
            return parts[0].lowercased()
        }
        let host = authority.prefix { $0 != ":" }
        let port = authority.dropFirst(host.count)
        // `try?`: what is not a host name is not accepted.
        guard port.isEmpty || isPort(port),
            let name = try? HostName(configurationText: String(host))
        else { return nil }
        return name.text.lowercased()
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.dropFirst().allSatisfy(\.isDigit)
            && UInt16(text.dropFirst()) != nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        // `try?`: what is not an address is a name.
        if let address = try? IPAddress(parsing: host) { return address.unmapped.isLoopback }
        return host == "localhost"
    }
}

extension WebURL: ConfigurationScalar {
    package static var expectation: String { "an https URL" }

    package init(configurationText text: String) throws(ScalarError) {
        guard let url = WebURL(text) else {
            throw ScalarError(
                expected: Self.self,
                found: text,
                remedy: text.hasPrefix("http://")
                    ? "plain http is accepted on loopback addresses only"
                    : "for example https://gateway.example.com"
            )
        }
        self = url
    }
}

extension UInt8 {
    /// Unreserved, reserved and `%` (RFC 3986 §2), but no `#` and no `@`.
    fileprivate var isOfURL: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-._~:/?[]!$&'()*+,;=%".utf8.contains(self)
        }
    }
}
