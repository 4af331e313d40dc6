package import Addresses

/// A backend as written: a host name or an address, and a port.
package struct BackendAddress: Hashable, Sendable {
    /// Where the backend is to be found.
    package enum Host: Hashable, Sendable {
        case ip(IPAddress)
        /// Resolved off the data path, again and again.
        case name(String)
    }

    /// A name where its addresses may change while the gateway runs.
    package var host: Host
    /// Never 0.
    package var port: UInt16

    /// The backend that listens on `port` of `host`.
    package init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension BackendAddress {
    /// As in an HTTP request's Host field (RFC 9110 §7.2).
    ///
    /// - Parameter hasPort: whether the port is part of it.
    package func authority(hasPort: Bool = true) -> String {
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

extension BackendAddress: CustomStringConvertible {
    /// As in the configuration file; an IPv6 address stands in brackets.
    package var description: String {
        switch host {
        case .ip(let ip): SocketAddress(ip, port: port).description
        case .name(let name): "\(name):\(port)"
        }
    }
}
