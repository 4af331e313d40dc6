package import Addresses
package import DNSProtocol
package import DomainNames

/// What a zone says, before it is arranged for lookups: the part of the configuration that is its own.
///
/// Two that are equal make the same zone, so that its serial need not change.
package struct ZoneContents: Hashable, Sendable {
    package var origin: DomainName
    /// At least one; the first is the primary.
    package var nameServers: [ZoneHost]
    /// Who answers for the zone, as a name: `hostmaster.gw.example`.
    package var contact: DNSName
    /// For how many seconds records may be remembered.
    package var ttl: UInt32
    /// The same for what does not exist.
    package var negativeTTL: UInt32
    package var certificationAuthorities: [CertificationAuthority]
    /// Names with addresses. The first of a name counts.
    package var hosts: [ZoneHost]
    /// Texts that programs look for, such as those of ACME's DNS-01 challenge, by name.
    package var texts: [DNSName: [String]]

    package init(
        origin: DomainName,
        nameServers: [ZoneHost],
        contact: DNSName? = nil,
        ttl: UInt32 = 60,
        negativeTTL: UInt32 = 60,
        certificationAuthorities: [CertificationAuthority] = [],
        hosts: [ZoneHost] = [],
        texts: [DNSName: [String]] = [:]
    ) {
        self.origin = origin
        self.nameServers = nameServers
        let apex = DNSName(origin)
        self.contact = contact ?? apex.child("hostmaster") ?? apex
        self.ttl = ttl
        self.negativeTTL = negativeTTL
        self.certificationAuthorities = certificationAuthorities
        self.hosts = hosts
        self.texts = texts
    }
}

/// A name with addresses, which may depend on who asks, or with another name.
package struct ZoneHost: Hashable, Sendable {
    package var name: DomainName
    /// For clients in none of ``networks``.
    package var addresses: [IPAddress]
    /// The first that contains a client decides.
    package var networks: [ZoneNetwork]
    /// The name that has the addresses (CNAME); then all others are ignored.
    package var alias: DomainName?

    package init(
        _ name: DomainName,
        addresses: [IPAddress] = [],
        networks: [ZoneNetwork] = [],
        alias: DomainName? = nil
    ) {
        self.name = name
        self.addresses = addresses
        self.networks = networks
        self.alias = alias
    }
}

/// What clients of some networks are told.
package struct ZoneNetwork: Hashable, Sendable {
    package var clients: [CIDRBlock]
    package var addresses: [IPAddress]

    package init(clients: [CIDRBlock], addresses: [IPAddress]) {
        self.clients = clients
        self.addresses = addresses
    }
}

extension ZoneContents {
    /// The serial of a zone that replaces one with the serial `previous` (RFC 1982): seconds since 1970,
    /// so that it grows over restarts too, or the next number.
    package static func serial(after previous: UInt32?, now: Int64) -> UInt32 {
        let clock = UInt32(truncatingIfNeeded: now)
        guard let previous else { return clock }
        let isLater = Int32(bitPattern: clock &- previous) > 0
        return isLater ? clock : previous &+ 1
    }
}
