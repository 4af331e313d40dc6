import Addresses
import Engine
import Sockets

/// Why a gateway did not start. Each case names the remedy.
package enum ServiceError: Error {
    /// The operator's errors, one per line.
    case invalidConfiguration([String])
    /// A listener's address is in use or not local.
    case cannotListen(address: String, reason: String)
    /// The system has nothing left, or the logs cannot be opened.
    case cannotStart(String)
    /// The management address is in use or not local.
    case cannotManage(address: String, reason: String)
}

extension ServiceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidConfiguration(let lines):
            lines.joined(separator: "\n")
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason)"
        case .cannotStart(let reason):
            reason
        case .cannotManage(let address, let reason):
            "cannot listen on the management address \(address): \(reason)"
        }
    }
}

extension ServiceError {
    /// The same error, as reported by the data plane.
    init(_ error: GatewayError) {
        switch error {
        case .cannotListen(let address, let failure):
            self = .cannotListen(address: address.description, reason: failure.description)
        case .cannotConnectFrom, .noCongestionControl, .badTLS, .draining, .systemResources:
            self = .cannotStart(error.description)
        }
    }
}
