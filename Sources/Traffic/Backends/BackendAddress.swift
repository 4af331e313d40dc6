public import Addresses

/// A backend as written: a host name or an address, and a port.
public struct BackendAddress: Hashable, Sendable {
    /// The location of a backend.
    public enum Host: Hashable, Sendable {
        case ip(IPAddress)
        /// Resolved off the data path, again and again.
        case name(String)
    }

    /// A name, whose addresses may change while the gateway runs.
    public var host: Host
    /// Never 0.
    public var port: UInt16

    /// The backend that listens on `port` of `host`.
    public init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension BackendAddress {
    /// As in an HTTP request's Host field (RFC 9110 §7.2).
    ///
    /// - Parameter hasPort: whether the port is part of it.
    public func authority(hasPort: Bool = true) -> String {
        let host =
            switch host {
            case .ip(.v6(let ip)): "[\(ip)]"
            case .ip(.v4(let ip)): "\(ip)"
            case .name(let name): Self.relative(name)
            }
        return hasPort ? "\(host):\(port)" : host
    }

    /// A name without the dot that makes it absolute: that is for the resolver, and servers look for
    /// the name that they are configured with.
    private static func relative(_ name: String) -> String {
        name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}

extension BackendAddress {
    /// Reads `192.0.2.1:9030`, `[2001:db8::1]:9030` or `name:9030`; `nil` if `text` is none of them.
    public init?(written text: String) {
        // `try?`: what is not an address may still be a name.
        if let address = try? SocketAddress(parsing: text) {
            self.init(host: .ip(address.ip), port: address.port)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), Self.isName(parts[0]) else {
            return nil
        }
        self.init(host: .name(String(parts[0])), port: port)
    }

    /// A host name's characters, with at least one that is not part of an IPv4 address.
    private static func isName(_ text: Substring) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
            && text.contains(where: \.isLetter)
    }
}

extension BackendAddress: CustomStringConvertible {
    /// As in the configuration file; an IPv6 address is in brackets.
    public var description: String {
        switch host {
        case .ip(let ip): SocketAddress(ip, port: port).description
        case .name(let name): "\(name):\(port)"
        }
    }
}
