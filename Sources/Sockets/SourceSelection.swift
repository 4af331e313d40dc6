public import Addresses
internal import CSockets
internal import Glibc

/// Which of this machine's addresses the kernel connects from.
public enum SourceSelection {
    /// The address for connections to `destination`, by the routing table (ip-route(8), `src`). A
    /// connected UDP socket has it, and no packet is sent (connect(2), udp(7)).
    public static func address(towards destination: SocketAddress) throws(SystemError)
        -> IPAddress
    {
        let family = destination.isIPv6 ? AF_INET6 : AF_INET
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(family, type, 0)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        let socket = Socket(descriptor: descriptor)
        defer { socket.close() }
        if case .failed(let error) = socket.connect(to: destination) { throw error }
        return try socket.localAddress().ip
    }
}
