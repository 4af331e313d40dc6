package import Addresses
package import Traffic

/// What a route leads to: the backends of one warehouse that speak one protocol, and how they are
/// reached.
package struct Service: Hashable, Sendable {
    /// What makes a service the same one under another configuration.
    package struct ID: Hashable, Sendable {
        /// The warehouse's id.
        package var warehouse: String
        package var `protocol`: ServiceProtocol
        /// The listener inside which it is written, and which alone leads to it; `nil` for one of the
        /// warehouse's `services`.
        package var listener: SocketAddress?

        package init(
            warehouse: String,
            protocol: ServiceProtocol,
            listener: SocketAddress? = nil
        ) {
            self.warehouse = warehouse
            self.protocol = `protocol`
            self.listener = listener
        }
    }

    package var id: ID
    /// At least one, and never the gateway itself.
    package var backends: [ConfiguredBackend]
    /// The same for each backend.
    package var healthCheck: HealthCheck
    /// The same for each backend.
    package var sendProxyProtocol: SendProxyProtocol
    /// The gateway's own addresses to connect from, in turn: each has its own local ports. Empty if
    /// the system chooses.
    package var sourceAddresses: [IPAddress]
    /// At the same time, over all listeners that lead to it; 0 for no limit.
    package var connectionLimit: Int

    /// A service that speaks to its backends plainly, unless said otherwise.
    package init(
        _ id: ID,
        backends: [ConfiguredBackend],
        healthCheck: HealthCheck = HealthCheck(kind: .tcp),
        sendProxyProtocol: SendProxyProtocol = .off,
        sourceAddresses: [IPAddress] = [],
        connectionLimit: Int = 0
    ) {
        self.id = id
        self.backends = backends
        self.healthCheck = healthCheck
        self.sendProxyProtocol = sendProxyProtocol
        self.sourceAddresses = sourceAddresses
        self.connectionLimit = connectionLimit
    }
}

extension Service.ID: CustomStringConvertible {
    /// As log lines name it: `mysql of AWVA7CM7`, or the listener's address.
    package var description: String {
        listener?.description ?? "\(`protocol`.rawValue) of \(warehouse)"
    }
}
