package import Addresses
package import DNSProtocol
package import DomainNames
package import Traffic

/// How the names in the gateway's domain are made to resolve: the key `dns`.
///
/// Without an address to listen on and without a server to update, only `sluice dns zone` uses it.
package struct NameServiceSettings: Hashable, Sendable {
    /// Where the gateway answers queries itself; empty for nowhere.
    package var listen: [SocketAddress] = []
    /// At least one.
    package var nameServers: [ZoneNameServer] = []
    /// Who answers for the zone, as a name; `nil` for `hostmaster` in the domain.
    package var contact: DomainName?
    /// For how long records may be remembered.
    package var ttl = Duration.seconds(60)
    /// For how long it may be remembered that there is none.
    package var negativeTTL = Duration.seconds(60)
    /// What warehouses' names resolve to; empty for the addresses of their public listeners.
    package var addresses: [IPAddress] = []
    /// What zonal names resolve to, by zone; for other zones they resolve as their endpoint does.
    package var zones: [String: [IPAddress]] = [:]
    package var networks: [NameNetwork] = []
    package var certificationAuthorities: [CertificationAuthority] = []
    /// Resolvers that may say where their clients are (RFC 7871).
    package var clientSubnetSources: [CIDRBlock] = []
    package var limits = NameServiceLimits()
    package var update: NameUpdateSettings?

    package init() {}
}

/// A server of the zone.
package struct ZoneNameServer: Hashable, Sendable {
    package var name: DomainName
    /// Only needed in the gateway's domain; empty elsewhere.
    package var addresses: [IPAddress]

    package init(name: DomainName, addresses: [IPAddress] = []) {
        self.name = name
        self.addresses = addresses
    }
}

/// What clients of some networks are answered.
package struct NameNetwork: Hashable, Sendable {
    package var clients: [CIDRBlock]
    /// Which names it is about; empty for those of all endpoints.
    package var names: [DomainName]
    /// Empty for the addresses of the private listeners.
    package var addresses: [IPAddress]

    package init(clients: [CIDRBlock], names: [DomainName] = [], addresses: [IPAddress] = []) {
        self.clients = clients
        self.names = names
        self.addresses = addresses
    }
}

/// How much a client may have of the name service.
package struct NameServiceLimits: Hashable, Sendable {
    /// Answers of a kind per second that an IPv4 /24 or an IPv6 /56 gets over UDP; 0 for no limit.
    package var responses = 200
    /// One in so many answers over the limit is truncated, the others are dropped; 0 to drop all.
    package var slip = 2
    /// Networks without that limit.
    package var exempt: [CIDRBlock] = [
        CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 0)), prefixLength: 8),
        CIDRBlock(.v6(IPv6Address(bits: 1))),
    ]
    /// Over TCP, at the same time.
    package var connections = 1_000
    package var connectionsPerSource = 50
    /// How long a connection over TCP may be quiet.
    package var idle = Duration.seconds(10)

    package init() {}
}

/// Another name server whose zone the gateway keeps up to date (RFC 2136).
package struct NameUpdateSettings: Hashable, Sendable {
    package var server: BackendAddress
    /// The server's zone that the domain is in; `nil` if it is the domain.
    package var zone: DomainName?
    /// The file with the key that updates are signed with (RFC 8945).
    package var keyFile: String

    package init(server: BackendAddress, zone: DomainName? = nil, keyFile: String) {
        self.server = server
        self.zone = zone
        self.keyFile = keyFile
    }
}
