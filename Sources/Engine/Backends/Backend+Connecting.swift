import Addresses
import Settings
import Sockets
import Traffic

// MARK: - The way to a backend

extension Backend {
    /// How many addresses there are to connect from, one after the other: 1 where the system chooses.
    var sourceCount: Int { max(1, sources.count) }

    /// A socket to connect with, bound to the address from which it is to come.
    ///
    /// - Parameter attempt: each picks another address, in turns.
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

    /// Whether `error`, of a connect, is not the backend's doing: the gateway has no descriptor, no
    /// memory or no local port left, or a source address is not its own.
    ///
    /// The system says the same (EADDRNOTAVAIL, connect(2)) where it has no address at all in the
    /// backend's network: then the backend cannot be reached from here, and another one may.
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

    /// What to ask the backend in a health check; `nil` for nothing.
    var probe: (any HealthProbe)? {
        let sendsHeader = key.sendProxyProtocol != .off
        return check.probe(
            of: ProbedBackend(host: key.name.authority(), receivesProxyHeader: sendsHeader)
        )
    }
}

extension Topology {
    /// Says at the start, and not only to the first client, that a source address is not ours.
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
