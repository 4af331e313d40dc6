import Addresses
import Traffic

/// Every address on which the gateway is to listen, and the part of the configuration that has it.
struct ListenClaims {
    /// Who was first at each address.
    private(set) var byAddress: [SocketAddress: SourceLocation] = [:]
    /// Who was first to have any address of a family, with each port.
    private var first: [UInt16: [IPFamily: SourceLocation]] = [:]

    /// Claims `address` for `place`; answers who has it already, or one that includes it, if
    /// somebody has.
    ///
    /// 0.0.0.0 stands for every IPv4 address of the machine, and :: for every IPv6 one. :: takes
    /// IPv4 clients too, but only where no IPv4 listener has the port.
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
