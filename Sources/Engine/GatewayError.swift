public import Addresses

/// Why a configuration could not be put in force. Nothing has changed.
public enum GatewayError: Error, Equatable {
    /// The operator's fault or another program's: `reason` is the system's own words.
    case cannotListen(SocketAddress, reason: String)
    /// The operator's fault: two rules contradict each other.
    case invalidRules(warehouse: String, reason: String)
    /// The gateway drains: it listens no more, and takes no configuration.
    case draining
    /// The system has no descriptors or memory left.
    case systemResources(operation: String, reason: String)
}

extension GatewayError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason)"
        case .invalidRules(let warehouse, let reason):
            "the whitelist of warehouse \(warehouse) is contradictory: \(reason)"
        case .draining:
            "the gateway is draining"
        case .systemResources(let operation, let reason):
            "\(operation) failed: \(reason)"
        }
    }
}
