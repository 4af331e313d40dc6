import Addresses
import DNSProtocol
import DomainNames
package import Policy
package import Settings
import Traffic

extension ZoneContents {
    /// The zone of the gateway's domain; `nil` if the configuration has none.
    package init?(_ topology: Topology, _ policy: Policy) {
        guard let domain = topology.domain, let settings = topology.names else { return nil }
        self.init(
            origin: domain,
            nameServers: settings.nameServers.map { ZoneHost($0.name, addresses: $0.addresses) },
            contact: settings.contact.map { DNSName($0) },
            ttl: UInt32(clamping: settings.ttl.components.seconds),
            negativeTTL: UInt32(clamping: settings.negativeTTL.components.seconds),
            certificationAuthorities: settings.certificationAuthorities,
            hosts: topology.hosts(settings, policy)
        )
    }
}

extension Topology {
    fileprivate func hosts(_ settings: NameServiceSettings, _ policy: Policy) -> [ZoneHost] {
        warehouses.flatMap { warehouse -> [ZoneHost] in
            guard let names = names(of: warehouse) else { return [] }
            let own = settings.host(names.name, addresses: publicAddresses(of: warehouse, settings))
            let policy = policy[warehouse.id]
            let endpoints = policy.endpoints.filter(\.state.hasName).flatMap { endpoint in
                NamedEndpoint(
                    endpoint,
                    names: names,
                    addresses: privateAddresses(of: endpoint, in: warehouse),
                    zones: names.zonalNames(of: endpoint, among: policy.endpointServices)
                ).hosts(settings)
            }
            return [own] + endpoints
        }
    }

    private func publicAddresses(
        of warehouse: Warehouse,
        _ settings: NameServiceSettings
    ) -> [IPAddress] {
        guard settings.addresses.isEmpty else { return settings.addresses }
        return listeners(to: warehouse.id).filter { $0.link == .public }.ownAddresses
    }

    /// An embedded endpoint has listeners of its own, those of clouds share the warehouse's.
    private func privateAddresses(of endpoint: Endpoint, in warehouse: Warehouse) -> [IPAddress] {
        let id = endpoint.cloud == .embedded ? endpoint.id : nil
        return listeners(to: warehouse.id).filter { $0.link == .private && $0.endpoint == id }
            .ownAddresses
    }
}

/// An endpoint and what its names resolve to.
private struct NamedEndpoint {
    let endpoint: Endpoint
    let name: DomainName?
    let addresses: [IPAddress]
    let zones: [ZonalName]

    init(_ endpoint: Endpoint, names: WarehouseNames, addresses: [IPAddress], zones: [ZonalName]) {
        self.endpoint = endpoint
        name = names.name(of: endpoint)
        self.addresses = addresses
        self.zones = zones
    }

    func hosts(_ settings: NameServiceSettings) -> [ZoneHost] {
        guard let name else { return [] }
        // `try?`: a DNS name of its own that is not a host's is only shown.
        let alias = try? DomainName(endpoint.dnsName)
        var own = settings.endpointHost(name, addresses: addresses)
        if own.networks.isEmpty { own.alias = alias }
        let zonal = zones.map { zone in
            var host = own
            host.name = zone.name
            host.alias = own.alias.flatMap { self.alias($0, in: zone.zone) ?? $0 }
            if let addresses = settings.zones[zone.zone] {
                host = settings.host(zone.name, addresses: addresses)
            }
            return host
        }
        return [own] + zonal
    }

    /// AWS' own name of the endpoint in a zone: `vpce-…-us-east-1a.vpce-svc-…`.
    private func alias(_ name: DomainName, in zone: String) -> DomainName? {
        guard endpoint.cloud == .aws, name.labels.first?.hasPrefix(endpoint.id) == true,
            let first = name.labels.first, let parent = name.parent,
            // `try?`: a zone that does not fit has no name.
            let label = try? DomainLabel("\(first)-\(zone)")
        else { return nil }
        return parent.child(label)
    }
}

extension NameServiceSettings {
    /// What a name resolves to for everyone, and in the networks that it is listed for.
    fileprivate func host(_ name: DomainName, addresses: [IPAddress]) -> ZoneHost {
        let own = networks.filter { $0.names.contains(name) }
        return ZoneHost(name, addresses: addresses, networks: own.map { $0.zone(addresses) })
    }

    /// The same for an endpoint, which in no network has no address, if any network is given.
    fileprivate func endpointHost(_ name: DomainName, addresses: [IPAddress]) -> ZoneHost {
        let own = networks.filter { $0.names.isEmpty || $0.names.contains(name) }
        return ZoneHost(
            name,
            addresses: own.isEmpty ? addresses : [],
            networks: own.map { $0.zone(addresses) }
        )
    }
}

extension NameNetwork {
    fileprivate func zone(_ standard: [IPAddress]) -> ZoneNetwork {
        ZoneNetwork(clients: clients, addresses: addresses.isEmpty ? standard : addresses)
    }
}

extension [Listener] {
    /// Without those that stand for all of the machine's.
    fileprivate var ownAddresses: [IPAddress] {
        var seen: Set<IPAddress> = []
        return map(\.address.ip).filter { !$0.isUnspecified && seen.insert($0).inserted }
    }
}

extension Endpoint.State {
    fileprivate var hasName: Bool { self != .deleting && self != .deleted }
}
