import Addresses

/// The Location of a redirect (RFC 9110 §10.2.2, RFC 3986), as front ends of Doris and StarRocks
/// send it, read strictly: whatever two readers could understand differently is an error.
///
/// Its user-info is never part of a description.
public struct RedirectLocation: Hashable, Sendable {
    public enum Scheme: String, Hashable, Sendable {
        case http
        case https
    }

    /// Whom the front end has authenticated: Doris repeats the request's credentials there.
    public struct UserInfo: Hashable, Sendable {
        /// Without a colon.
        public let user: String
        /// Empty if there is none.
        public let password: String
    }

    /// Longer ones are refused.
    public static let byteLimit = 16_384

    public let scheme: Scheme
    /// Percent-decoded; `nil` if there is none.
    public let userInfo: UserInfo?
    /// A name in lower case without a final dot, or an address in its usual form, without brackets.
    public private(set) var host: String
    /// Never 0.
    public let port: UInt16
    /// Path and query byte for byte, `/` if there is no path. A fragment is dropped.
    public let target: String

    /// - Parameter base: the server that has sent it.
    public init(_ text: String, relativeTo base: RedirectTarget) throws(RedirectError) {
        let bytes = Array(text.utf8)
        guard (1...Self.byteLimit).contains(bytes.count) else {
            throw .badLength(byteCount: bytes.count)
        }
        var scanner = LocationScanner(bytes)
        try scanner.checkCharacters()
        let scheme = try scanner.takeScheme()
        self.scheme = scheme ?? (base.usesTLS ? .https : .http)
        guard let authority = try scanner.takeAuthority(isRequired: scheme != nil) else {
            userInfo = nil
            host = base.host
            port = base.port
            target = try scanner.takeTarget()
            return
        }
        userInfo = try scanner.userInfo(of: authority)
        host = try scanner.host(of: authority)
        port = try scanner.port(of: authority) ?? self.scheme.defaultPort
        target = try scanner.takeTarget()
    }

    /// One that may name its sender by the name that a client has for the gateway: a front end with
    /// `enable_https` leads plain HTTP to that name, at its own HTTPS port.
    ///
    /// - Parameter name: the host of the request, as the sender was sent it; `nil` if that was its own.
    init(_ text: String, from sender: RedirectTarget, askedAs name: String?) throws(RedirectError) {
        try self.init(text, relativeTo: sender)
        guard let name, scheme == .https, !sender.usesTLS else { return }
        let isBracketed = name.utf8.first == UInt8(ascii: "[")
        let bare = isBracketed ? String(name.dropFirst().dropLast()) : name
        // An address is in its usual form in a Location that was read.
        // `try?`: what is not an address is a name.
        let itself = (try? IPAddress(parsing: bare))?.description ?? bare
        if host == itself { host = sender.host }
    }

    /// The server that it leads to.
    public var server: RedirectTarget {
        RedirectTarget(host: host, port: port, usesTLS: scheme == .https)
    }
}

extension RedirectLocation.Scheme {
    var defaultPort: UInt16 { RedirectTarget.defaultPort(usesTLS: self == .https) }
}

extension RedirectLocation: CustomStringConvertible, CustomReflectable {
    /// The server alone: a query may hold secrets too.
    public var description: String { "\(scheme.rawValue)://\(server)" }

    public var customMirror: Mirror { Mirror(self, children: ["server": description]) }
}

extension RedirectLocation.UserInfo: CustomStringConvertible, CustomReflectable {
    /// Neither of the two.
    public var description: String { "(credentials)" }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
