package import Addresses
package import CIDRTrie
package import Policy
package import Settings
package import Traffic

/// A warehouse together with its policy, as tests like to write them.
package struct GuardedWarehouse: Hashable, Sendable {
    package var warehouse: Warehouse
    package var policy: WarehousePolicy

    package init(
        id: String,
        name: String? = nil,
        host: String? = nil,
        whitelist: Whitelist,
        connectionLimit: Int = 0,
        whenRevoked: Revocation = .close,
        endpointServices: [EndpointService] = [],
        endpoints: [Endpoint] = []
    ) {
        warehouse = Warehouse(
            id: id,
            name: name,
            host: host,
            connectionLimit: connectionLimit,
            whenRevoked: whenRevoked
        )
        policy = WarehousePolicy(
            whitelist: whitelist,
            endpointServices: endpointServices,
            endpoints: endpoints
        )
    }
}

extension GatewayConfiguration {
    package init(
        management: SocketAddress? = nil,
        log: LogSettings = LogSettings(),
        limits: ConnectionLimits = ConnectionLimits(),
        timeouts: Timeouts = Timeouts(),
        keepalive: Keepalive = Keepalive(),
        engine: EngineSettings = EngineSettings(),
        listeners: [Listener] = [],
        warehouses: [GuardedWarehouse]
    ) {
        self.init(
            Topology(
                management: management,
                log: log,
                limits: limits,
                timeouts: timeouts,
                keepalive: keepalive,
                engine: engine,
                listeners: listeners,
                warehouses: warehouses.map(\.warehouse)
            ),
            Policy(
                Dictionary(uniqueKeysWithValues: warehouses.map { ($0.warehouse.id, $0.policy) })
            )
        )
    }
}

extension Whitelist {
    /// A whitelist of entries and of files that came compiled.
    package init(mode: Mode, rules: [Rule], lists: [CompiledTrie] = []) {
        self.init(
            mode: mode,
            lists: [EntryList(.entries, rules: rules)]
                + lists.enumerated().map { EntryList(.file("list-\($0.offset)"), $0.element) }
        )
    }
}
