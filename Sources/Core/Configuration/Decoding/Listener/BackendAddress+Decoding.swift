import Addresses

extension BackendAddress {
    /// Reads a listener's key `backends`.
    ///
    /// - Parameter listen: the listener's own address, where it is not faulty.
    static func decodeList(_ listener: inout Fields, listen: SocketAddress?) -> [BackendAddress] {
        guard let list = listener.requiredPlace("backends") else { return [] }
        if list.isEmptySequence {
            list.fault("a listener needs at least one backend", remedy: "- { address: host:port }")
        }
        var claims = Claims<BackendAddress>()
        return list.elements().compactMap { decode($0, listen: listen, claims: &claims) }
    }

    private static func decode(
        _ backend: Place,
        listen: SocketAddress?,
        claims: inout Claims<BackendAddress>
    ) -> BackendAddress? {
        backend.mapping { fields in
            guard let place = fields.requiredPlace("address"),
                let address: BackendAddress = place.scalar()
            else { return nil }
            if let owner = claims.claim(address, for: place) {
                place.fault("\(address) is there already: \(owner.reference)")
            }
            if let listen, address.leadsBack(to: listen) {
                place.fault(
                    "the listener on \(listen) would connect to itself",
                    remedy: "name the warehouse's own address, or listen on another port"
                )
            }
            return address
        }
    }

    /// Whether a connection to this backend surely arrives at our own listener.
    private func leadsBack(to listener: SocketAddress) -> Bool {
        guard port == listener.port else { return false }
        return switch host {
        case .ip(let ip): ip == listener.ip || listener.ip.takesOwnConnections(to: ip)
        case .name(let name): name == "localhost" && listener.ip.isOwn
        }
    }
}

extension IPAddress {
    /// Whether a listener on 0.0.0.0 or :: takes what this machine sends to itself at `ip`.
    fileprivate func takesOwnConnections(to ip: IPAddress) -> Bool {
        isUnspecified && ip.isOwn && (family == .v6 || ip.family == .v4)
    }

    /// Whether a connection to it surely stays on this machine.
    fileprivate var isOwn: Bool { isLoopback || isUnspecified }
}
