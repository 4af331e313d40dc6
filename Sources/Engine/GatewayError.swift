package import Addresses
package import Sockets

/// Why a configuration could not be put in force. Nothing has changed.
package enum GatewayError: Error, Equatable {
    /// The operator's fault or another program's.
    case cannotListen(SocketAddress, ListenFailure)
    /// The operator's fault: a listener's source address is not this machine's.
    case cannotConnectFrom(IPAddress, reason: String)
    /// The operator's fault: two rules contradict each other.
    /// The operator's fault or the kernel's: it has none of that name, or not for this user.
    case noCongestionControl(name: String, reason: String)
    /// The gateway drains: it listens no more, and takes no configuration.
    case draining
    /// The system has no descriptors or memory left.
    case systemResources(operation: String, reason: String)
}

extension GatewayError {
    /// Whether another process has the address: it may let go of it.
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
            "cannot connect from the source address \(address): \(reason); see sourceAddresses"
        case .noCongestionControl(let name, let reason):
            """
            engine.congestionControl: \(name) is not available (\(reason)); \
            sysctl net.ipv4.tcp_available_congestion_control lists what the kernel has, and \
            net.ipv4.tcp_allowed_congestion_control what users other than root may use
            """
        case .draining:
            "the gateway is draining"
        case .systemResources(let operation, let reason):
            "\(operation) failed: \(reason)"
        }
    }
}
