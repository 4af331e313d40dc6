public import Addresses
internal import CSockets

/// Turns host names into addresses by the system's resolver.
public enum Resolver {
    /// Why a name has no address, in the system's words (gai_strerror(3)).
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// At most this many addresses of one name are used.
    public static let addressLimit = 64

    /// The addresses of `name` in the resolver's order. Blocks; never called on a shard.
    public static func addresses(of name: String) throws(Failure) -> [IPAddress] {
        var found = [csockets_address](repeating: csockets_address(), count: addressLimit)
        let count = unsafe found.withUnsafeMutableBufferPointer { buffer in
            unsafe csockets_resolve(name, buffer.baseAddress, Int32(buffer.count))
        }
        guard count > 0 else { throw Failure(description: words(for: count)) }
        return found.prefix(Int(count)).map { SocketAddress($0).ip }
    }

    private static func words(for code: Int32) -> String {
        guard code < 0, let text = unsafe csockets_resolve_error(code) else {
            return "the name has no address"
        }
        return unsafe String(cString: text)
    }
}

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
        let address = address.unmapped
        if address.isLoopback { return true }
        // Without a route, replies cannot reach us either.
        guard let source = try? source(to: address) else { return false }
        return source == address || source.isLoopback
    }
}
