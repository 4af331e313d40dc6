import Addresses
import Sockets
import Synchronization

/// Ports on which nobody listens.
public enum Ports {
    /// Not one is free.
    public struct Exhausted: Error {}

    /// Below the range from which the kernel takes ports for outgoing connections and for port 0, so
    /// that nobody can be given a port between its choice and its use.
    private static let range: Range<UInt16> = 12_000..<32_000
    private static let next = Mutex(UInt16.random(in: range))

    /// A port that no socket of this machine is bound to, and that no other test was given.
    public static func free() throws -> UInt16 {
        for _ in range {
            let port = advance()
            if isFree(port) { return port }
        }
        throw Exhausted()
    }

    private static func advance() -> UInt16 {
        next.withLock { port in
            port = port + 1 < range.upperBound ? port + 1 : range.lowerBound
            return port
        }
    }

    private static func isFree(_ port: UInt16) -> Bool {
        [IPFamily.v4, .v6].allSatisfy { family in
            let everywhere = SocketAddress(IPAddress(family, bits: 0), port: port)
            // `try?`: what cannot be bound is not free.
            return (try? ListeningSocket.probe(everywhere)) != nil
        }
    }
}
