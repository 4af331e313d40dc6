public import Addresses

/// A backend as written: a host name or an address, and a port.
public struct BackendAddress: Hashable, Sendable {
    /// Where the backend is to be found.
    public enum Host: Hashable, Sendable {
        case ip(IPAddress)
        /// Resolved off the data path, again and again.
        case name(String)
    }

    /// A name where its addresses may change while the gateway runs.
    public var host: Host
    /// Never 0.
    public var port: UInt16

    /// The backend that listens on `port` of `host`.
    public init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension BackendAddress: CustomStringConvertible {
    /// As in the configuration file; an IPv6 address stands in brackets.
    public var description: String {
        switch host {
        case .ip(let ip): SocketAddress(ip, port: port).description
        case .name(let name): "\(name):\(port)"
        }
    }
}
