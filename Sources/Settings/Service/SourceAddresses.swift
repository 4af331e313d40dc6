import Addresses
import Text
import Traffic

extension Fields {
    /// Enough for 1.8 million connections to one backend.
    private static let sourceAddressLimit = 64

    /// Reads a service's key `sourceAddresses`.
    mutating func sourceAddresses(to backends: [ConfiguredBackend]) -> [IPAddress] {
        guard let list = place("sourceAddresses") else { return [] }
        let places = list.elements()
        if places.count > Self.sourceAddressLimit {
            list.error("at most \(Self.sourceAddressLimit) source addresses are allowed")
        }
        var claims = Claims<IPAddress>()
        let addresses = places.compactMap { $0.sourceAddress(&claims) }
        for case .ip(let ip) in backends.map(\.address.host)
        where !addresses.isEmpty && !addresses.contains(where: { $0.family == ip.family }) {
            list.warning(
                "no source address has the family of backend \(ip); the system chooses one"
            )
        }
        return addresses
    }
}

extension Place {
    fileprivate func sourceAddress(_ claims: inout Claims<IPAddress>) -> IPAddress? {
        guard let address: SourceAddress = scalar() else { return nil }
        if let owner = claims.claim(address.ip, for: self) {
            error("duplicate address \(address.ip), first defined at \(owner.reference)")
        }
        return address.ip
    }
}

/// One of the gateway's own addresses. Whether it is one is known only where the gateway runs.
private struct SourceAddress: ConfigurationScalar {
    static let expectation = "one of this machine's addresses, without a port"

    let ip: IPAddress

    init(configurationText text: String) throws(ScalarError) {
        // `try?`: the expectation is more helpful than where parsing stopped.
        guard let ip = try? IPAddress(parsing: text), !ip.isUnspecified else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.ip = ip.unmapped
    }
}
