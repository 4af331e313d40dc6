package import Addresses
package import DomainNames
package import Policy
public import Text
import Traffic

/// What is protected. The routes of listeners lead to its services; who may use them is in its
/// ``WarehousePolicy``.
package struct Warehouse: Hashable, Sendable {
    /// As in the URLs of the API: letters, digits, `-` and `_`.
    package var id: String
    /// For people; need not be unique.
    package var name: String
    /// The host that its users connect to, if that is not its name in the gateway's domain; the
    /// connection examples show it.
    package var host: String?
    /// What it is called in the gateway's domain, if not by its id.
    package var label: DomainLabel?
    /// The cloud it runs in; `nil` if unknown.
    package var cloud: Cloud?
    /// The cloud's name for its region and zone; empty if unknown.
    package var region: String
    package var zone: String
    /// Where its outbound endpoints listen; `nil` if it can have none.
    package var outbound: OutboundNetwork?
    /// As ``Topology/egressAddresses``, for its backends; `nil` for the gateway's.
    package var egressAddresses: [CIDRBlock]?
    /// To set its administrator's password; `nil` if that is not the gateway's business.
    package var adminLogin: AdminLogin?
    /// At the same time, over all its services; 0 for no limit.
    package var connectionLimit: Int
    /// What happens to a running session that a policy change no longer admits.
    package var whenRevoked: Revocation

    /// - Parameter name: the id if `nil`.
    package init(
        id: String,
        name: String? = nil,
        host: String? = nil,
        cloud: Cloud? = nil,
        region: String = "",
        zone: String = "",
        outbound: OutboundNetwork? = nil,
        connectionLimit: Int = 0,
        whenRevoked: Revocation = .close
    ) {
        self.id = id
        self.name = name ?? id
        self.host = host
        self.cloud = cloud
        self.region = region
        self.zone = zone
        self.outbound = outbound
        self.connectionLimit = connectionLimit
        self.whenRevoked = whenRevoked
    }
}

extension Listener {
    /// Whether the whitelist decides about its clients.
    package var isGuardedByWhitelist: Bool {
        link == .public || link == .outbound && sources == nil
    }
}

extension AccessPolicy {
    /// What decides about the clients of `listener` that are routed to a warehouse.
    package init(for listener: Listener, under policy: WarehousePolicy) {
        if listener.link == .private {
            self.init(endpointsOf: policy)
        } else if listener.link == .outbound, let sources = listener.sources {
            self.init(sources: sources)
        } else {
            self.init(whitelistOf: policy, for: listener.protocol)
            if let end = policy.shadows[listener.address] { self = .shadow(self, until: end) }
        }
    }
}

/// A warehouse, and what is inside it in addition to its policy.
struct DecodedWarehouse {
    let warehouse: Warehouse
    let policy: WarehousePolicy
    /// Those that lead to it alone.
    let listeners: [Listener]
    /// Those to which routes of other listeners may lead.
    let services: [SharedService]
    /// Whether `services` may have had more, some of it invalid.
    let isMissingServices: Bool

    /// - Parameters:
    ///   - timeouts: the gateway's, which its listeners inherit.
    ///   - shared: listeners that lead to several warehouses, perhaps including this one.
    static func decode(_ place: Place, timeouts: Timeouts, shared: [SharedListener])
        -> DecodedWarehouse?
    {
        place.mapping { fields in
            let id = fields.requiredPlace("id")?.warehouseID()
            let links = Set(shared.compactMap { listener in id.flatMap(listener.link) })
            let name: String? = fields.optional("name")
            let host: HostName? = fields.optional("host")
            let label = WarehouseNames.readLabel(&fields, of: id)
            let cloud: Cloud? = fields.optional("cloud")
            let region: String? = fields.optional("region")
            let zone: String? = fields.optional("zone")
            let outbound = OutboundNetwork.decode(fields.place("outbound"))
            let egressAddresses = fields.place("egressAddresses")?.blocks()
            let learnerCount = place.decoding.mysqlLearners.count
            let adminLogin = AdminLogin.decode(fields.place("adminLogin"))
            let connectionLimit = fields.connectionLimit()
            let listeners = listeners(
                &fields,
                of: id ?? "",
                timeouts: timeouts,
                isReachable: !links.isEmpty
            )
            let allLinks = links.union(listeners.map(\.link))
            let faultCount = place.decoding.faultCount
            let services = SharedService.decodeAll(fields.place("services"), of: id ?? "")
            let isMissingServices =
                place.decoding.faultCount > faultCount || fields.isProbablyLost("services")
            let whenRevoked = fields.value("whenRevoked", default: Revocation.close)
            let servicePlaces = fields.elements("endpointServices")
            let endpointServices = EndpointService.decodeList(servicePlaces)
            let endpointPlaces = fields.elements("endpoints")
            let endpoints = Endpoint.decodeList(
                endpointPlaces,
                of: endpointServices,
                areAllKnown: endpointServices.count == servicePlaces.count
                    && !fields.isProbablyLost("endpointServices")
            )
            let whitelist = Whitelist.decode(&fields, isPublic: allLinks.contains(.public))
            checkEndpoints(of: &fields, isPrivate: allLinks.contains(.private))
            // Errors in one of them are reported already.
            if endpoints.count == endpointPlaces.count {
                checkEmbeddedEndpoints(endpoints, for: listeners, of: &fields)
            }
            guard let id, let whenRevoked else { return nil }
            var warehouse = Warehouse(
                id: id,
                name: name,
                host: host?.text,
                cloud: cloud,
                region: region ?? "",
                zone: zone ?? "",
                connectionLimit: connectionLimit,
                whenRevoked: whenRevoked
            )
            warehouse.label = label
            warehouse.outbound = outbound
            warehouse.egressAddresses = egressAddresses
            warehouse.adminLogin = adminLogin
            let decoded = DecodedWarehouse(
                warehouse: warehouse,
                policy: WarehousePolicy(
                    whitelist: whitelist,
                    endpointServices: endpointServices,
                    endpoints: endpoints
                ),
                listeners: listeners,
                services: services,
                isMissingServices: isMissingServices
            )
            let learners = place.decoding.mysqlLearners.dropFirst(learnerCount)
            decoded.checkLearning(at: learners, in: place.decoding)
            return decoded
        }
    }

    /// - Parameter isReachable: whether another listener leads to the warehouse.
    private static func listeners(
        _ fields: inout Fields,
        of id: String,
        timeouts: Timeouts,
        isReachable: Bool
    ) -> [Listener] {
        // Of a service that no route leads to more is said elsewhere.
        if fields.isEmptyList("listeners"), !isReachable, !fields.isGiven("services") {
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["listeners"],
                "no listener leads to this warehouse"
            )
        }
        return fields.elements("listeners").compactMap {
            Listener.decode($0, of: id, timeouts: timeouts)
        }
    }

    private static func checkEndpoints(of fields: inout Fields, isPrivate: Bool) {
        if isPrivate, fields.isEmptyList("endpoints") {
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["endpoints"],
                "a private link without endpoints admits no clients",
                remedy: "add the consumers' endpoints under endpoints"
            )
        }
    }
}

extension DecodedWarehouse {
    /// A listener's endpoint must be defined, and an embedded endpoint needs a listener.
    private static func checkEmbeddedEndpoints(
        _ endpoints: [Endpoint],
        for listeners: [Listener],
        of fields: inout Fields
    ) {
        let embedded = Set(endpoints.filter { $0.cloud == .embedded }.map(\.id))
        let used = Set(listeners.compactMap(\.endpoint))
        for id in used.subtracting(embedded).sorted() {
            fields.conclude(
                .error,
                at: fields.place,
                fromAbsenceOf: ["endpoints"],
                "endpoint \(id.quoted) is used by a listener but not defined",
                remedy: "add endpoints: [ { id: \(id), cloud: embedded, state: available } ]"
            )
        }
        for id in embedded.subtracting(used).sorted() {
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["listeners"],
                "embedded endpoint \(id.quoted) has no listener: no client can reach it",
                remedy: "add a listener with link: private and endpoint: \(id)"
            )
        }
    }
}

extension Fields {
    /// `limits: { connections: 100 }`; 0 for no limit.
    mutating func connectionLimit() -> Int {
        var limit = 0
        place("limits")?.keys(insteadOfValue: "connections") { fields in
            fields.read("connections", into: &limit, within: ConnectionLimits.range)
        }
        return limit
    }
}

extension Revocation: ConfigurationWord {}

extension Place {
    /// A warehouse's id, which no other warehouse may have.
    fileprivate func warehouseID() -> String? {
        guard let id: WarehouseID = scalar() else { return nil }
        if let owner = decoding.warehouseIDs.claim(id.text, for: self) {
            error("duplicate id \(id.text.quoted), first defined at \(owner.reference)")
        }
        return id.text
    }
}
