import Addresses
import Traffic

/// A backend and its place; checked once all of the gateway's own addresses are known.
struct BackendClaim {
    let address: BackendAddress
    let location: ValueLocation
    /// The place of its listener's own address; `nil` if it is missing.
    let listen: ValueLocation?
}

extension Decoding {
    /// Reports which backends are certainly the gateway itself. Resolved addresses are checked when
    /// they are known (``BackendAddressPolicy``).
    func checkBackends() {
        for backend in backends {
            guard let own = listenAddresses.owner(reachedAt: backend.address) else { continue }
            let itself = own.location == backend.listen
            let finding = backend.location.finding(
                .error,
                itself
                    ? "the listener on \(own.address) would connect to itself"
                    : "\(backend.address) is the gateway itself (\(own.location.reference))",
                remedy: "use the warehouse's own address, or listen on another port"
            )
            report(finding)
        }
    }
}

extension ListenClaims {
    /// The gateway's own address at which a connection to `backend` surely arrives, if there is one.
    fileprivate func owner(reachedAt backend: BackendAddress) -> (
        address: SocketAddress, location: ValueLocation
    )? {
        for address in backend.certainAddresses {
            for own in address.waysIn {
                let policy = BackendAddressPolicy(own: [own])
                guard let location = byAddress[own],
                    policy.refusal(of: address, for: backend, isThisMachine: \.isLoopback) != nil
                else { continue }
                return (own, location)
            }
        }
        return nil
    }
}

extension BackendAddress {
    /// The addresses that it has regardless of a resolver.
    fileprivate var certainAddresses: [SocketAddress] {
        switch host {
        case .ip(let ip): [SocketAddress(ip, port: port)]
        case .name(let name) where name.isLocalHost:
            IPAddress.loopback.map { SocketAddress($0, port: port) }
        case .name: []
        }
    }
}

extension SocketAddress {
    /// The addresses a gateway may listen on that this address leads to.
    fileprivate var waysIn: [SocketAddress] {
        ([ip] + IPAddress.everywhere + (ip.isUnspecified ? IPAddress.loopback : []))
            .map { SocketAddress($0, port: port) }
    }
}

extension IPAddress {
    fileprivate static let everywhere: [IPAddress] = [
        .v4(IPv4Address(bits: 0)), .v6(IPv6Address(bits: 0)),
    ]
    fileprivate static let loopback: [IPAddress] = [
        .v4(IPv4Address(127, 0, 0, 1)), .v6(IPv6Address(bits: 1)),
    ]
}
