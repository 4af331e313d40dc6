import Addresses

/// Every address on which the gateway is to listen, and the part of the configuration that has it.
struct ListenClaims {
    /// Who was first at each address.
    private(set) var byAddress: [SocketAddress: Place] = [:]
    private var owners: [UInt16: [(ip: IPAddress, place: Place)]] = [:]

    /// Claims `address` for `place`; answers who has it already, or one that includes it, if
    /// somebody has.
    mutating func claim(_ address: SocketAddress, for place: Place) -> Place? {
        if byAddress[address] == nil { byAddress[address] = place }
        let neighbours = owners[address.port, default: []]
        let owner = neighbours.first { $0.ip.includes(address.ip) || address.ip.includes($0.ip) }
        owners[address.port] = neighbours + [(address.ip, place)]
        return owner?.place
    }
}

extension IPAddress {
    /// Whether a listener on this address leaves no room for one on `other` with the same port:
    /// 0.0.0.0 stands for every IPv4 address of the machine, and :: for every IPv6 one. :: takes
    /// IPv4 clients too, but only where no IPv4 listener has the port.
    func includes(_ other: IPAddress) -> Bool {
        self == other || isUnspecified && family == other.family
    }

    /// 0.0.0.0 or ::.
    var isUnspecified: Bool { bits == 0 }
}
