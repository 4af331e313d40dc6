public import Addresses

/// A server that a backend's redirect leads to.
public struct RedirectTarget: Hashable, Sendable {
    /// A name in lower case without a final dot, or an address in its usual form, without brackets.
    public var host: String
    /// Never 0.
    public var port: UInt16
    /// Whether it is reached by HTTPS.
    public var usesTLS: Bool

    /// - Parameter host: a name in any case, or an address without brackets.
    public init(host: String, port: UInt16, usesTLS: Bool) {
        self.host = Self.normalized(host)
        self.port = port
        self.usesTLS = usesTLS
    }

    /// The server itself, if the redirect names an address: one that is mapped into IPv6 is the
    /// IPv4 one.
    public var address: SocketAddress? {
        // `try?`: what is not an address is a name.
        (try? IPAddress(parsing: host)).map { SocketAddress($0.unmapped, port: port) }
    }

    /// As in a request's Host field (RFC 9110 §7.2): without the port that the scheme implies.
    public var authority: String {
        port == Self.defaultPort(usesTLS: usesTLS) ? bracketedHost : description
    }

    static func defaultPort(usesTLS: Bool) -> UInt16 { usesTLS ? 443 : 80 }

    private var bracketedHost: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

    private static func normalized(_ host: String) -> String {
        let name = host.utf8.last == UInt8(ascii: ".") ? host.dropLast() : host[...]
        return name.lowercased()
    }
}

extension RedirectTarget {
    /// The server at a configured or learned place.
    public init(_ place: BackendAddress, usesTLS: Bool = false) {
        let host =
            switch place.host {
            case .ip(let ip): ip.unmapped.description
            case .name(let name): name
            }
        self.init(host: host, port: place.port, usesTLS: usesTLS)
    }
}

extension RedirectTarget: CustomStringConvertible {
    /// `be-1:8040`; an IPv6 address is in brackets.
    public var description: String { "\(bracketedHost):\(port)" }
}
