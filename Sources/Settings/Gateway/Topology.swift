package import Addresses
package import DomainNames
package import Traffic

/// What a gateway serves, and how: listeners, routes, services, backends, limits and logs. It
/// changes with the deployment, by its configuration file; who may connect is the ``Policy``.
///
/// Validated: no invalid value exists in this form.
package struct Topology: Hashable, Sendable {
    /// Where the API answers, and to whom.
    package var management: ManagementSettings
    /// Where the policy comes from.
    package var policyAuthority: PolicyAuthority
    /// The store's file; `nil` for none.
    package var storePath: String?
    /// The folder where the active policy is saved, to start with if its source is not available;
    /// `nil` for none.
    package var lastPolicyFolder: String?
    /// From where backends are reached, if that is not what this machine shows: the addresses of a NAT
    /// gateway. Empty if they are to be observed.
    package var egressAddresses: [CIDRBlock] = []
    /// As whom outbound endpoints are created in each cloud.
    package var identities = CloudIdentities()
    /// Under which warehouses and endpoints have their DNS names (``WarehouseNames``); `nil` if they
    /// have none.
    package var domain: DomainName?
    /// Certificates that are obtained while the gateway runs, for every listener that ends TLS; `nil`
    /// for none.
    package var acme: ACMESettings?
    /// The content of the files that TLS settings name.
    package var files = TLSFiles()
    /// How names in ``domain`` are made to resolve; `nil` if that is not the gateway's business.
    package var names: NameServiceSettings?
    /// What is written down, of the gateway itself and of each connection.
    package var log: LogSettings
    /// Over all warehouses; each may also have its own limit.
    package var limits: ConnectionLimits
    /// Inherited by listeners without their own timeouts.
    package var timeouts: Timeouts
    /// For every connection, on both sides.
    package var keepalive: Keepalive
    /// Read once, at the start: a reload does not change the workers.
    package var engine: EngineSettings
    /// In the order of the file. No listening address occurs twice.
    package var listeners: [Listener]
    /// In the order of the file. No id occurs twice.
    package var warehouses: [Warehouse]
    /// Services that no route leads to, whose front ends are asked where redirects of others may lead.
    package var unroutedTeachers: [Service] = []

    /// A gateway with the defaults of the configuration file, as far as nothing else is given.
    package init(
        management: SocketAddress? = nil,
        policyAuthority: PolicyAuthority = .file,
        domain: DomainName? = nil,
        log: LogSettings = LogSettings(),
        limits: ConnectionLimits = ConnectionLimits(),
        timeouts: Timeouts = Timeouts(),
        keepalive: Keepalive = Keepalive(),
        engine: EngineSettings = EngineSettings(),
        listeners: [Listener] = [],
        warehouses: [Warehouse]
    ) {
        self.management = ManagementSettings(address: management)
        self.policyAuthority = policyAuthority
        self.domain = domain
        self.log = log
        self.limits = limits
        self.timeouts = timeouts
        self.keepalive = keepalive
        self.engine = engine
        self.listeners = listeners
        self.warehouses = warehouses
    }
}

extension Topology {
    package func warehouse(_ id: String) -> Warehouse? { warehouses.first { $0.id == id } }

    /// The listeners that lead to a warehouse, and perhaps to others as well.
    package func listeners(to warehouse: String) -> [Listener] {
        listeners.filter { $0.warehouses.contains(warehouse) }
    }

    /// Each service that a route leads to, or that others learn from, once.
    package var services: [Service] {
        var seen: Set<Service.ID> = []
        let all = listeners.flatMap(\.routes).map(\.service) + unroutedTeachers
        return all.filter { seen.insert($0.id).inserted }
    }

    /// Changes each service, wherever it is.
    package mutating func mapServices(_ change: (inout Service) -> Void) {
        for listener in listeners.indices {
            for route in listeners[listener].routes.indices {
                change(&listeners[listener].routes[route].service)
            }
        }
        for index in unroutedTeachers.indices { change(&unroutedTeachers[index]) }
    }
}

/// Where the policy comes from.
package enum PolicyAuthority: String, Hashable, Sendable, CaseIterable, Codable {
    /// The configuration file; the API rejects changes.
    case file
    /// The store; the file only seeds it.
    case store
}
