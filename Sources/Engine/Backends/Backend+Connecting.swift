import Addresses
import Settings
import Sockets
import Traffic

// MARK: - The way to a backend

extension Backend {
    /// The number of addresses to connect from, in turn: 1 if the system chooses.
    var sourceCount: Int { max(1, sources.count) }

    /// A socket to connect with, bound to its source address.
    ///
    /// - Parameter attempt: each selects another address, in turn.
    func openSocket(attempt: Int) throws(SystemError) -> Socket {
        let socket = try Socket.tcp(for: address)
        guard !sources.isEmpty else { return socket }
        do throws(SystemError) {
            try socket.bind(from: sources[attempt % sources.count])
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    /// Whether a connect's `error` is not caused by the backend: the gateway has no descriptor,
    /// memory or local port left, or a source address is not local.
    ///
    /// The system reports the same error (EADDRNOTAVAIL, connect(2)) if it has no address at all in
    /// the backend's network: then the backend cannot be reached from here, but another one may be.
    func isOurShortage(_ error: SystemError) -> Bool {
        if error.isExhaustion { return true }
        guard error.isAddressNotAvailable else { return false }
        return !sources.isEmpty || (try? Routing.source(to: address.ip)) != nil
    }

    /// What a health check has found out by an error of its connect.
    func verdict(on error: SystemError) -> HealthVerdict {
        isOurShortage(error)
            ? .unknown(reason: error.description) : .unhealthy(reason: error.description)
    }

    /// What a health check sends to the backend; `nil` for nothing.
    var probe: (any HealthProbe)? {
        let sendsHeader = key.sendProxyProtocol != .off
        return check.probe(
            of: ProbedBackend(
                host: key.name.authority(),
                receivesProxyHeader: sendsHeader,
                usesTLS: checkTLS != nil
            )
        )
    }
}

extension Topology {
    /// Reports at startup, and not only to the first client, that a source address is not local.
    func checkSourceAddresses() throws(GatewayError) {
        for address in Set(services.flatMap(\.sourceAddresses)).sorted() {
            do throws(SystemError) {
                let socket = try Socket.tcp(for: SocketAddress(address, port: 0))
                defer { socket.close() }
                try socket.bind(from: address)
            } catch {
                throw .cannotConnectFrom(address, reason: error.description)
            }
        }
    }
}
