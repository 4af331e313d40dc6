import Addresses
import Traffic

/// Every address that the gateway will listen on, and the part of the configuration that has it.
struct ListenClaims {
    /// The first user of each address.
    private(set) var byAddress: [SocketAddress: SourceLocation] = [:]
    /// The first user of any address of a family, for each port.
    private var first: [UInt16: [IPFamily: SourceLocation]] = [:]

    /// Claims `address` for `place`; returns the previous owner of it or of an address that
    /// includes it, if there is one.
    ///
    /// 0.0.0.0 stands for every IPv4 address of the machine, and :: for every IPv6 one. :: also
    /// accepts IPv4 clients, but only if no IPv4 listener has the port.
    mutating func claim(_ address: SocketAddress, for place: Place) -> SourceLocation? {
        let family = address.ip.family
        let everyAddress = SocketAddress(IPAddress(family, bits: 0), port: address.port)
        let neighbour = first[address.port]?[family]
        let owner =
            byAddress[address] ?? byAddress[everyAddress]
            ?? (address.ip.isUnspecified ? neighbour : nil)
        if byAddress[address] == nil { byAddress[address] = place.location }
        if neighbour == nil { first[address.port, default: [:]][family] = place.location }
        return owner
    }
}
