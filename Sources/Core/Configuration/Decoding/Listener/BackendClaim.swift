import Addresses

/// A backend and where it is written; looked at once every address of the gateway's own is known.
struct BackendClaim {
    let address: BackendAddress
    let place: Place
    /// Where its listener's own address is written; `nil` where it is missing.
    let listen: Place?
}

extension Decoding {
    /// Says which backends surely are the gateway itself. What resolution brings is looked at when it
    /// is known (``BackendAddressPolicy``).
    func checkBackends() {
        for backend in backends {
            guard let own = listenAddresses.owner(reachedAt: backend.address) else { continue }
            let itself = own.place.path == backend.listen?.path
            backend.place.fault(
                itself
                    ? "the listener on \(own.address) would connect to itself"
                    : "\(backend.address) is the gateway itself: \(own.place.reference)",
                remedy: "name the warehouse's own address, or listen on another port"
            )
        }
    }
}

extension ListenClaims {
    /// The gateway's own address at which a connection to `backend` surely arrives, if there is one.
    fileprivate func owner(reachedAt backend: BackendAddress) -> (
        address: SocketAddress, place: Place
    )? {
        let policy = { (own: IPAddress) in
            BackendAddressPolicy(own: [SocketAddress(own, port: backend.port)])
        }
        let found = owners(of: backend.port).first { own in
            backend.certainAddresses.contains { address in
                policy(own.ip).refusal(of: address, for: backend) { $0.isLoopback } != nil
            }
        }
        return found.map { (SocketAddress($0.ip, port: backend.port), $0.place) }
    }
}

extension BackendAddress {
    /// The addresses that it has whatever a resolver says.
    fileprivate var certainAddresses: [SocketAddress] {
        switch host {
        case .ip(let ip): [SocketAddress(ip, port: port)]
        case .name(let name) where name.isLocalHost:
            [.v4(IPv4Address(127, 0, 0, 1)), .v6(IPv6Address(high: 0, low: 1))].map {
                SocketAddress($0, port: port)
            }
        case .name: []
        }
    }
}
