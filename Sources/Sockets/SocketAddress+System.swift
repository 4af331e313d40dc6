internal import Addresses
internal import CSockets

extension SocketAddress {
    /// The system's form, in host byte order.
    var system: csockets_address {
        switch ip {
        case .v4(let address):
            csockets_address(is_ipv6: 0, port: port, v4: address.bits, v6_high: 0, v6_low: 0)
        case .v6(let address):
            csockets_address(
                is_ipv6: 1,
                port: port,
                v4: 0,
                v6_high: address.high,
                v6_low: address.low
            )
        }
    }

    /// From the system's form; an IPv4-mapped address becomes the IPv4 one.
    init(_ system: csockets_address) {
        let ip: IPAddress =
            system.is_ipv6 == 0
            ? .v4(IPv4Address(bits: system.v4))
            : .v6(IPv6Address(high: system.v6_high, low: system.v6_low))
        self.init(ip.unmapped, port: system.port)
    }

    var isIPv6: Bool {
        if case .v6 = ip { true } else { false }
    }
}
