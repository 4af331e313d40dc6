package import Addresses
internal import CSockets
internal import Glibc

/// A socket that accepts, closed when its last holder lets go of it.
///
/// Each shard that accepts from it holds it; so its number is not given to another file while a
/// shard may still use it.
package final class ListeningSocket: Sendable {
    let socket: Socket
    /// The address it is bound to; the port is the real one, also where 0 was asked for.
    package let address: SocketAddress
    /// The only network interface over which clients come; `nil` for any.
    package let interface: String?
    /// Whether an IPv6 socket takes IPv4 clients too.
    package let takesIPv4: Bool

    /// Binds and listens. What is set here (no delay, keepalive, congestion control, buffers) the
    /// accepted sockets inherit.
    ///
    /// - Parameters:
    ///   - interface: the network interface over which clients must come, and over which they are
    ///     answered (SO_BINDTODEVICE, socket(7)): Linux takes a packet for any of its addresses on
    ///     any interface.
    ///   - takesIPv4: whether an IPv6 socket takes IPv4 clients too (RFC 3493 §5.3); a
    ///     listener on an IPv4 address of the same port cannot stand beside such a one.
    ///   - sharesPort: whether others that share theirs may overlap; see ``sharePort(_:)``.
    ///   - congestionControl: the kernel's name of it; `nil` for the system's.
    ///   - receiveBuffer: see ``Socket/setReceiveBuffer(_:)``; `nil` for one that grows by itself.
    ///   - unsentLimit: see ``Socket/setUnsentLimit(_:)``; `nil` for the system's.
    package init(
        on address: SocketAddress,
        interface: String? = nil,
        takesIPv4: Bool = false,
        sharesPort: Bool = false,
        backlog: Int32 = 4096,
        congestionControl: String? = nil,
        receiveBuffer: Int? = nil,
        unsentLimit: Int? = nil,
        keepalive: KeepaliveOptions
    ) throws(SystemError) {
        let socket = try Socket.tcp(for: address)
        do {
            if let interface {
                try SystemError.check(
                    unsafe csockets_bind_to_device(socket.descriptor, interface)
                )
            }
            try Self.bind(socket, to: address, takesIPv4: takesIPv4, sharesPort: sharesPort)
            try socket.setNoDelay()
            if let congestionControl { try socket.setCongestionControl(congestionControl) }
            if let receiveBuffer { try socket.setReceiveBuffer(receiveBuffer) }
            if let unsentLimit { try socket.setUnsentLimit(unsentLimit) }
            try socket.setKeepalive(keepalive)
            try SystemError.check(csockets_listen(socket.descriptor, backlog))
            self.address = try socket.localAddress()
        } catch {
            socket.close()
            throw error
        }
        self.socket = socket
        self.interface = interface
        self.takesIPv4 = takesIPv4
    }

    deinit {
        socket.close()
    }

    private static func bind(
        _ socket: Socket,
        to address: SocketAddress,
        takesIPv4: Bool,
        sharesPort: Bool
    ) throws(SystemError) {
        try SystemError.check(csockets_set_reuse_address(socket.descriptor))
        if sharesPort { try SystemError.check(csockets_set_reuse_port(socket.descriptor, 1)) }
        if address.isIPv6 {
            try SystemError.check(csockets_set_ipv6_only(socket.descriptor, takesIPv4 ? 0 : 1))
        }
        var system = address.system
        try SystemError.check(unsafe csockets_bind(socket.descriptor, &system))
    }

    /// Binds the address and lets go of it again, to see whether it can be had; nobody can connect
    /// meanwhile.
    package static func probe(_ address: SocketAddress) throws(SystemError) {
        let socket = try Socket.tcp(for: address)
        defer { socket.close() }
        try bind(socket, to: address, takesIPv4: false, sharesPort: false)
    }

    /// Changes what sockets accepted from now on inherit.
    package func setKeepalive(_ options: KeepaliveOptions) throws(SystemError) {
        try socket.setKeepalive(options)
    }

    /// Whether another socket of the same user may be bound to an address that overlaps this one's, if
    /// that one shares its port too (SO_REUSEPORT, socket(7)). It counts when the other one is bound:
    /// a socket that takes this one's place is bound first, so that there is always one that listens.
    package func sharePort(_ isShared: Bool) throws(SystemError) {
        try SystemError.check(csockets_set_reuse_port(socket.descriptor, isShared ? 1 : 0))
    }

    /// Takes the next waiting client (accept4(2)).
    package func accept() -> AcceptOutcome {
        var peer = csockets_address()
        let result = unsafe csockets_accept(socket.descriptor, &peer)
        if result >= 0 {
            return .accepted(Socket(descriptor: result), peer: SocketAddress(peer))
        }
        let error = SystemError(code: -result)
        if error.isExhaustion { return .exhausted(error) }
        switch -result {
        case EAGAIN: return .wouldBlock
        case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP: return .failed(error)
        default: return .clientLost
        }
    }
}
