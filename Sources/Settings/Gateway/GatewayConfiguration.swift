import Addresses
import DomainNames
package import Policy
import Text
import Traffic

/// Everything in a configuration file, validated.
///
/// ``ConfigurationDecoder`` makes it from a file.
package struct GatewayConfiguration: Hashable, Sendable {
    package var topology: Topology
    /// Of every warehouse of the topology.
    package var policy: Policy

    package init(_ topology: Topology, _ policy: Policy = Policy()) {
        self.topology = topology
        self.policy = policy
    }
}

extension GatewayConfiguration {
    /// - Returns: a value even if parts of it are invalid; the decoding knows whether to use it.
    static func decode(_ place: Place) -> GatewayConfiguration? {
        place.mapping { fields in
            var topology = Topology(warehouses: [])
            topology.readSettings(&fields)
            topology.readLimits(&fields)
            let policy = topology.readWarehouses(&fields)
            topology.readNames(&fields)
            place.decoding.checkBackends()
            place.decoding.checkWarehouses(topology.warehouses.map(\.id))
            place.decoding.checkOrders(for: topology)
            return GatewayConfiguration(topology, policy)
        }
    }
}

extension Topology {
    fileprivate mutating func readSettings(_ fields: inout Fields) {
        let management = fields.place("management")
        self.management.read(management)
        storePath = fields.optional("state")
        lastPolicyFolder = fields.optional("lastPolicy")
        egressAddresses = fields.blocks("egressAddresses")
        identities = .decode(fields.place("identities"))
        domain = fields.optional("domain")
        fields.place.decoding.domain = domain
        let tls = TLSSettings.decodeGeneral(fields.place("tls"))
        (fields.place.decoding.tls, acme) = (tls?.settings, tls?.acme)
        if tls == nil, fields.isProbablyLost("tls") {
            fields.place.decoding.mayInheritCertificates = true
        }
        let log = fields.place("log")
        self.log.read(log)
        readPolicy(&fields)
        if policyAuthority == .file, let management, !fields.isProbablyLost("state") {
            self.management.reportLackOfStore(at: management)
        }
        if self.log.audit != .off, policyAuthority == .file {
            log?.warning(
                "audit has no effect: only a policy in a store has an audit",
                remedy: "remove audit, or name a store: state: sluice.db"
            )
        }
    }

    fileprivate mutating func readLimits(_ fields: inout Fields) {
        limits.read(fields.place("limits"))
        timeouts.read(fields.place("timeouts"))
        keepalive.read(fields.place("keepalive"))
        engine.read(fields.place("engine"))
    }

    /// After listeners and warehouses, whose addresses names resolve to.
    fileprivate mutating func readNames(_ fields: inout Fields) {
        guard let place = fields.place("dns") else { return }
        names = .decode(place, domain: domain)
        names?.checkAddresses(of: self, at: place)
    }

    private mutating func readPolicy(_ fields: inout Fields) {
        policyAuthority = storePath == nil ? .file : .store
        defer { readInitialPolicy(&fields) }
        guard let place = fields.place("policy"), let authority: PolicyAuthority = place.scalar()
        else { return }
        policyAuthority = authority
        if authority == .store, storePath == nil, !fields.isProbablyLost("state") {
            place.error("there is no store", remedy: "name its file: state: sluice.db")
        }
    }

    /// `initialPolicy: closed`: what a warehouse without a whitelist starts with.
    private func readInitialPolicy(_ fields: inout Fields) {
        let isStored = policyAuthority == .store
        let place = fields.place("initialPolicy")
        let initial: InitialPolicy = place?.scalar() ?? .open
        if let place, !isStored {
            place.warning(
                "only applies to a policy in a store",
                remedy: "remove the key, or name a store: state: sluice.db"
            )
        }
        fields.place.decoding.absentWhitelist =
            isStored && initial == .closed ? .closed : .open(isWarnedOf: !isStored)
    }

    /// Reads the listeners and warehouses.
    ///
    /// - Returns: the warehouses' policies.
    fileprivate mutating func readWarehouses(_ fields: inout Fields) -> Policy {
        let faultCount = fields.place.decoding.faultCount
        let shared = SharedListener.decodeAll(&fields, timeouts: timeouts)
        let isRouteMissing = fields.place.decoding.faultCount > faultCount
        guard let place = fields.requiredPlace("warehouses") else { return Policy() }
        if place.isEmptySequence { place.warning("no warehouses: the gateway serves nothing") }
        let decoded = place.elements().compactMap {
            DecodedWarehouse.decode($0, timeouts: timeouts, shared: shared)
        }
        warehouses = decoded.map(\.warehouse)
        listeners =
            decoded.flatMap(\.listeners) + shared.map { $0.resolved(among: decoded) }
        let used = Set(services.map(\.id))
        let unused = decoded.flatMap(\.services).filter { !used.contains($0.service.id) }
        unroutedTeachers = unused.map(\.service).filter { teaches($0) }
        for service in unused where !teaches(service.service) && !isRouteMissing {
            service.warnOfNoRoute(in: self)
        }
        checkRedirects(in: fields.place.decoding)
        let names = ShownNames(of: self, haveZone: fields.isGiven("dns"))
        for listener in shared { listener.checkNames(against: names) }
        let policies = decoded.map { ($0.warehouse.id, $0.policy) }
        // An id that is taken was reported.
        return Policy(Dictionary(policies) { first, _ in first })
    }
}

extension Topology {
    /// Whether another service of the warehouse learns from it.
    private func teaches(_ service: Service) -> Bool {
        service.id.protocol == .mysql
            && services.contains {
                $0.id.warehouse == service.id.warehouse
                    && $0.redirects.learning?.source == .mysql
            }
    }
}

extension Decoding {
    /// Reports what names warehouses that do not exist.
    fileprivate func checkWarehouses(_ ids: [String]) {
        let known = Set(ids)
        for (id, location) in warehouseReferences where !known.contains(id) {
            let closest = Suggestion.closest(to: id, among: ids)
            report(
                location.finding(
                    .error,
                    "unknown warehouse \(id.quoted)",
                    remedy: closest.map { "did you mean \($0)?" }
                        ?? "name one of the warehouses of this file"
                )
            )
        }
    }
}

extension SharedService {
    fileprivate func warnOfNoRoute(in topology: Topology) {
        let id = service.id
        let own = topology.warehouse(id.warehouse).flatMap(topology.names)
        let name = own?.name.text ?? "NAME"
        let claims =
            switch id.protocol {
            case .mysql: ["{ serverName: \(name), … }", "{ userSuffix: \(id.warehouse), … }"]
            case .http: ["{ serverName: \(name), … }", "{ host: \(name), … }"]
            case .tcp: ["{ serverName: \(name), … }"]
            }
        let others = claims + ["{ endpoint: ID, … }"]
        place.warning(
            "no route leads to this service",
            remedy:
                "add { default: true, warehouse: \(id.warehouse) } to the routes of a top-level"
                + " \(id.protocol.rawValue) listener, or \(others.joined(separator: ", "))"
        )
    }
}

/// What a warehouse starts with for which the file has no whitelist.
private enum InitialPolicy: String, CaseIterable, ConfigurationWord {
    /// Every address, as in the managed product.
    case open
    /// No address.
    case closed
}
