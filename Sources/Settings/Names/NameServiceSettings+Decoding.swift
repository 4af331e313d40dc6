import Addresses
import DNSProtocol
import DomainNames
import Policy
import Text
import Traffic

extension NameServiceSettings {
    private static let ttlRange = Duration.zero...Duration.seconds(604_800)
    /// More than anyone has; a query is compared with each of them.
    private static let networkLimit = 1_000

    /// Reads the gateway's key `dns`.
    static func decode(_ place: Place?, domain: DomainName?) -> NameServiceSettings? {
        place?.mapping { fields in
            var settings = NameServiceSettings()
            if domain == nil {
                fields.place.error(
                    "there is no domain to answer for",
                    remedy: "add its name at the top level of the file: domain: gw.example.com"
                )
            }
            settings.listen =
                fields.place("listen")?.oneOrMore().compactMap {
                    $0.listenAddress()
                } ?? []
            settings.addresses = fields.addresses("addresses")
            settings.contact = fields.optional("contact", as: Mailbox.self)?.name
            fields.read("ttl", into: &settings.ttl, within: ttlRange)
            fields.read("negativeTTL", into: &settings.negativeTTL, within: ttlRange)
            settings.zones = fields.zoneAddresses()
            settings.networks = networks(&fields, domain: domain)
            settings.certificationAuthorities = fields.elements("caa").compactMap {
                CertificationAuthority.decode($0)
            }
            settings.clientSubnetSources = fields.blocks("clientSubnetFrom")
            settings.limits.read(fields.place("limits"))
            settings.update = NameUpdateSettings.decode(fields.place("update"), domain: domain)
            settings.nameServers = nameServers(&fields, of: settings, domain: domain)
            return settings
        }
    }

    private static func nameServers(
        _ fields: inout Fields,
        of settings: NameServiceSettings,
        domain: DomainName?
    ) -> [ZoneNameServer] {
        guard let list = fields.requiredPlace("nameServers") else { return [] }
        if list.isEmptySequence {
            list.error("a zone needs a name server", remedy: "write [ ns1.gw.example.com ]")
        }
        let own = settings.listen.map(\.ip).filter { !$0.isUnspecified }
        let known = own.isEmpty ? settings.addresses : own
        return list.elements().compactMap { place in
            ZoneNameServer.decode(place, defaultAddresses: known, domain: domain)
        }
    }

    private static func networks(_ fields: inout Fields, domain: DomainName?) -> [NameNetwork] {
        guard let list = fields.place("networks") else { return [] }
        let places = list.elements()
        guard places.count <= networkLimit else {
            list.error("more than \(networkLimit) networks", remedy: "use larger blocks")
            return []
        }
        return places.compactMap { NameNetwork.decode($0, domain: domain) }
    }

    /// Reports warehouses whose names would resolve to nothing.
    func checkAddresses(of topology: Topology, at place: Place) {
        guard addresses.isEmpty else { return }
        let wild = topology.listeners.first { $0.link == .public && $0.address.ip.isUnspecified }
        guard let wild else { return }
        place.error(
            "the listener \(wild.address) has every address of this machine, of which clients may"
                + " reach only some",
            remedy: "add those that names resolve to: addresses: [ 198.51.100.10 ]"
        )
    }
}

extension ZoneNameServer {
    fileprivate static func decode(
        _ place: Place,
        defaultAddresses: [IPAddress],
        domain: DomainName?
    ) -> ZoneNameServer? {
        let server: ZoneNameServer?
        if place.isMapping {
            server = place.mapping { fields in
                let name: DomainName? = fields.required("name")
                let addresses = fields.addresses("addresses")
                return name.map { ZoneNameServer(name: $0, addresses: addresses) }
            }
        } else {
            server = place.scalar(DomainName.self).map { ZoneNameServer(name: $0) }
        }
        guard var server, let domain, server.name.isWithin(domain) else { return server }
        if server.addresses.isEmpty { server.addresses = defaultAddresses }
        if server.addresses.isEmpty {
            place.error(
                "\(server.name) is in the domain and needs an address",
                remedy: "write { name: \(server.name), addresses: [ 198.51.100.53 ] }"
            )
        }
        return server
    }
}

extension NameNetwork {
    fileprivate static func decode(_ place: Place, domain: DomainName?) -> NameNetwork? {
        place.mapping { fields in
            let clients = fields.requiredPlace("clients")?.blocks()
            let names = fields.elements("names").compactMap { $0.name(under: domain) }
            let addresses = fields.addresses("addresses")
            guard let clients else { return nil }
            return NameNetwork(clients: clients, names: names, addresses: addresses)
        }
    }
}

extension CertificationAuthority {
    /// `ca.example`, which may then issue certificates, or a mapping of tag and value.
    fileprivate static func decode(_ place: Place) -> CertificationAuthority? {
        guard place.isMapping else {
            return place.scalar(PropertyValue.self).map {
                CertificationAuthority(tag: "issue", value: $0.text)
            }
        }
        return place.mapping { fields in
            let tag: PropertyTag? = fields.required("tag")
            let value: PropertyValue? = fields.required("value")
            var isCritical = false
            fields.read("critical", into: &isCritical)
            guard let tag, let value else { return nil }
            return CertificationAuthority(isCritical: isCritical, tag: tag.text, value: value.text)
        }
    }
}

extension NameServiceLimits {
    private static let responseRange = 0...1_000_000
    private static let idleRange = Duration.seconds(1)...Duration.seconds(3_600)

    fileprivate mutating func read(_ place: Place?) {
        place?.keys { fields in
            fields.read("responsesPerNetwork", into: &responses, within: Self.responseRange)
            fields.read("slip", into: &slip, within: 0...10)
            if let place = fields.place("exempt") { exempt = place.blocks() }
            fields.read("connections", into: &connections, within: 1...100_000)
            fields.read("connectionsPerSource", into: &connectionsPerSource, within: 1...100_000)
            fields.read("idle", into: &idle, within: Self.idleRange)
        }
    }
}

extension NameUpdateSettings {
    fileprivate static func decode(_ place: Place?, domain: DomainName?) -> NameUpdateSettings? {
        place?.mapping { fields in
            let server: BackendAddress? = fields.required("server")
            let zonePlace = fields.place("zone")
            let zone: DomainName? = zonePlace?.scalar()
            if let zone, let domain, !domain.isWithin(zone) {
                zonePlace?.error(
                    "\(domain) is not in this zone",
                    remedy: "name the server's zone that \(domain) is in, or remove the key"
                )
            }
            let keyFile: String? = fields.required("keyFile")
            guard let server, let keyFile else { return nil }
            return NameUpdateSettings(server: server, zone: zone, keyFile: keyFile)
        }
    }
}

// MARK: - Values

extension Fields {
    fileprivate mutating func addresses(_ key: String) -> [IPAddress] {
        elements(key).compactMap { $0.scalar(HostAddress.self)?.ip }
    }

    /// `zones: { us-east-1a: [ 10.0.1.4 ] }`
    fileprivate mutating func zoneAddresses() -> [String: [IPAddress]] {
        guard let place = place("zones") else { return [:] }
        guard case .mapping(let entries) = place.node.content else {
            place.error("expected a mapping (zone: addresses), found \(place.node.kind)")
            return [:]
        }
        let zones = place.mapping { fields in
            var zones: [String: [IPAddress]] = [:]
            for entry in entries { zones[entry.key] = fields.addresses(entry.key) }
            return zones
        }
        return zones ?? [:]
    }
}

extension Place {
    /// The elements of a list, or the only one, written without brackets.
    fileprivate func oneOrMore() -> [Place] {
        if case .scalar = node.content { [self] } else { elements() }
    }

    /// A name, as a whole or without the domain at its end.
    fileprivate func name(under domain: DomainName?) -> DomainName? {
        guard let name: DomainName = scalar() else { return nil }
        guard let domain, !name.isWithin(domain) else { return name }
        // `try?`: what is too long is not a name in the domain.
        guard let whole = try? DomainName("\(name).\(domain)") else {
            error("\(name).\(domain) is longer than a name may be")
            return nil
        }
        return whole
    }
}

/// An address that clients can connect to.
private struct HostAddress: ConfigurationScalar {
    static let expectation = "an IP address such as 198.51.100.10"

    let ip: IPAddress

    init(configurationText text: String) throws(ScalarError) {
        // `try?`: the expectation is more helpful than where parsing stopped.
        guard let ip = try? IPAddress(parsing: text), !ip.unmapped.isUnspecified,
            !ip.unmapped.isMulticast
        else { throw ScalarError(expected: Self.self, found: text) }
        self.ip = ip.unmapped
    }
}

/// `hostmaster@gw.example`, or the same as a name (RFC 1035 §8).
private struct Mailbox: ConfigurationScalar {
    static let expectation = "an email address such as hostmaster@example.com"

    let name: DomainName

    init(configurationText text: String) throws(ScalarError) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        // `try?`: the expectation is more helpful than the reason.
        guard parts.count <= 2, parts.count == 1 || !parts[0].contains("."),
            let name = try? DomainName(parts.joined(separator: "."))
        else { throw ScalarError(expected: Self.self, found: text) }
        self.name = name
    }
}

/// A CAA record's property (RFC 8659 §4.1).
private struct PropertyTag: ConfigurationScalar {
    static let expectation = "a CAA tag such as issue, issuewild or iodef"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        guard (1...15).contains(text.utf8.count),
            text.allSatisfy({ $0.isASCII && $0.isLetter || $0.isDigit })
        else { throw ScalarError(expected: Self.self, found: text) }
        self.text = text.lowercased()
    }
}

private struct PropertyValue: ConfigurationScalar {
    static let expectation = "a certification authority's domain such as letsencrypt.org"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        guard text.utf8.count <= 255, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.text = text
    }
}
