public import Addresses
internal import CSockets

/// The system's routes. Nothing is sent.
public enum Routing {
    /// The address from which the system would connect to `destination`.
    ///
    /// - Throws: the system's error if there is no route, or no address of its own in that network.
    public static func source(to destination: IPAddress) throws(SystemError) -> IPAddress {
        // Any port: a datagram socket's connect only looks up the route (ip(7)).
        var system = SocketAddress(destination, port: 9).system
        var source = csockets_address()
        try SystemError.check(unsafe csockets_route_source(&system, &source))
        return SocketAddress(source).ip
    }

    /// Whether a connection to `address` stays on this machine.
    public static func isThisMachine(_ address: IPAddress) -> Bool {
        if address.isLoopback { return true }
        // Without a route, replies cannot reach us either.
        guard let source = try? source(to: address) else { return false }
        return source == address || source.isLoopback
    }
}
