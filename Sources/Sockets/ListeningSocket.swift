public import Addresses
internal import CSockets
internal import Glibc

/// A socket that accepts, closed when its last owner releases it.
///
/// Each shard that accepts from it owns it; so its number is not reused for another file while a
/// shard may still use it.
public final class ListeningSocket: Sendable {
    let socket: Socket
    /// The address it is bound to; the port is the actual one, even if 0 was requested.
    public let address: SocketAddress
    /// The only network interface that clients may use; `nil` for any.
    public let interface: String?
    /// Whether an IPv6 socket accepts IPv4 clients too.
    public let takesIPv4: Bool

    /// Binds and listens. Accepted sockets inherit what is set here (no delay, keepalive,
    /// congestion control, buffers).
    ///
    /// - Parameters:
    ///   - interface: the network interface that clients must use, and that replies use
    ///     (SO_BINDTODEVICE, socket(7)): Linux accepts a packet for any of its addresses on any
    ///     interface.
    ///   - takesIPv4: whether an IPv6 socket accepts IPv4 clients too (RFC 3493 §5.3); it excludes
    ///     a listener on an IPv4 address of the same port.
    ///   - sharesPort: whether others that share theirs may overlap; see ``sharePort(_:)``.
    ///   - congestionControl: its kernel name; `nil` for the system default.
    ///   - receiveBuffer: see ``Socket/setReceiveBuffer(_:)``; `nil` for an auto-tuned one.
    ///   - unsentLimit: see ``Socket/setUnsentLimit(_:)``; `nil` for the system default.
    public init(
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

    /// Binds the address and releases it again, to check whether it is available; no client can
    /// connect meanwhile.
    public static func probe(_ address: SocketAddress) throws(SystemError) {
        let socket = try Socket.tcp(for: address)
        defer { socket.close() }
        try bind(socket, to: address, takesIPv4: false, sharesPort: false)
    }

    /// Changes what sockets accepted from now on inherit.
    public func setKeepalive(_ options: KeepaliveOptions) throws(SystemError) {
        try socket.setKeepalive(options)
    }

    /// Whether another socket of the same user may be bound to an address that overlaps this one's,
    /// if that one shares its port too (SO_REUSEPORT, socket(7)). It matters when the other one is
    /// bound: a socket that replaces this one is bound first, so that one is always listening.
    public func sharePort(_ isShared: Bool) throws(SystemError) {
        try SystemError.check(csockets_set_reuse_port(socket.descriptor, isShared ? 1 : 0))
    }

    /// Accepts the next waiting client (accept4(2)).
    public func accept() -> AcceptOutcome {
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

/// Why an address cannot be listened on: the system's text, and the remedy.
public struct ListenFailure: Hashable, Sendable {
    private let error: SystemError
    private let interface: String?

    private let usesDatagrams: Bool

    /// - Parameters:
    ///   - interface: the network interface to which the address is bound; `nil` for any.
    ///   - usesDatagrams: whether UDP is received there as well.
    public init(_ error: SystemError, interface: String? = nil, usesDatagrams: Bool = false) {
        self.error = error
        self.interface = interface
        self.usesDatagrams = usesDatagrams
    }

    /// Whether another process has the address.
    public var isAddressInUse: Bool { error == .addressInUse }
}

extension ListenFailure: CustomStringConvertible {
    public var description: String { advice.map { "\(error) (\($0))" } ?? error.description }

    private var advice: String? {
        switch (error.code, interface) {
        case (EADDRINUSE, _):
            "ss \(usesDatagrams ? "-lntup" : "-ltnp") shows which process has it"
        case (EADDRNOTAVAIL, _): "ip addr shows this machine's addresses"
        case (EINVAL, nil): "a link-local address (fe80::/10) needs an interface"
        case (EACCES, _): "ports below 1024 need the capability CAP_NET_BIND_SERVICE"
        case (ENODEV, let interface?): "ip link shows the network interfaces; none is \(interface)"
        case (EPERM, let interface?):
            "binding to interface \(interface) needs the capability CAP_NET_RAW"
        default: nil
        }
    }
}
