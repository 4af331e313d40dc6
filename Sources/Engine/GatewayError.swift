package import Addresses
package import Sockets

/// Why a configuration could not be applied. Nothing has changed.
package enum GatewayError: Error, Equatable {
    /// The operator's error or another program's.
    case cannotListen(SocketAddress, ListenFailure)
    /// The operator's error: a listener's source address does not belong to this machine.
    case cannotConnectFrom(IPAddress, reason: String)
    /// The operator's error or the kernel's: it is not available, or not to this user.
    case noCongestionControl(name: String, reason: String)
    /// The operator's error: a certificate, a key or another TLS setting is of no use.
    case badTLS(owner: String, reason: String)
    /// The gateway is draining: it no longer listens, and accepts no configuration.
    case draining
    /// The system has no descriptors or memory left.
    case systemResources(operation: String, reason: String)
}

extension GatewayError {
    /// Whether another process has the address: it may release it.
    package var isAddressInUse: Bool {
        guard case .cannotListen(_, let failure) = self else { return false }
        return failure.isAddressInUse
    }
}

extension GatewayError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .cannotListen(let address, let failure):
            "cannot listen on \(address): \(failure)"
        case .cannotConnectFrom(let address, let reason):
            "cannot connect from source address \(address): \(reason) (see sourceAddresses)"
        case .noCongestionControl(let name, let reason):
            """
            engine.congestionControl: \(name) is not available: \(reason) (sysctl \
            net.ipv4.tcp_available_congestion_control lists what the kernel offers, and \
            net.ipv4.tcp_allowed_congestion_control what users other than root may use)
            """
        case .badTLS(let owner, let reason):
            "\(owner): \(reason)"
        case .draining:
            "the gateway is draining"
        case .systemResources(let operation, let reason):
            "cannot \(operation): \(reason)"
        }
    }
}
