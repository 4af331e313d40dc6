internal import Glibc

/// Why an address cannot be listened on: the system's text, and the remedy.
public struct ListenFailure: Hashable, Sendable {
    private let error: SystemError
    private let interface: String?

    /// - Parameter interface: the network interface to which the address is bound; `nil` for any.
    public init(_ error: SystemError, interface: String? = nil) {
        self.error = error
        self.interface = interface
    }

    /// Whether another process has the address.
    public var isAddressInUse: Bool { error == .addressInUse }
}

extension ListenFailure: CustomStringConvertible {
    public var description: String { advice.map { "\(error) (\($0))" } ?? error.description }

    private var advice: String? {
        switch (error.code, interface) {
        case (EADDRINUSE, _): "ss -ltnp shows which process has it"
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
