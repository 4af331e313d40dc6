package import Addresses
package import Settings
package import TLS

/// How a connection of the gateway's own to a backend is encrypted.
package struct BackendSecurity: Sendable {
    /// Begins with the backend, whose name is verified as for clients' connections; `nil` if memory
    /// has run out, or the backend is no longer configured.
    package let connect: @Sendable () -> TLSConnection?

    package init(connect: @escaping @Sendable () -> TLSConnection?) {
        self.connect = connect
    }
}

extension Gateway {
    /// What the configuration demands of a connection to a service's backend at this address.
    ///
    /// - Returns: `nil` if the service's backends are reached without TLS.
    package func security(towards address: SocketAddress, of service: Service.ID)
        -> BackendSecurity?
    {
        inventory.withLock { inventory in
            guard let tls = inventory.tls.clients[service] else { return nil }
            let members = inventory.pools[service]?.pool.members ?? []
            let backend = members.first { $0.backend.address == address }?.backend
            return BackendSecurity { backend.flatMap { tls.connect(to: $0) } }
        }
    }
}
