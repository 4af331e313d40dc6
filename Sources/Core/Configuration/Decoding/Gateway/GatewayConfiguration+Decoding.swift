import Addresses

extension GatewayConfiguration {
    /// - Returns: a value even where parts of it are faulty; the decoding knows whether it counts.
    static func decode(_ place: Place) -> GatewayConfiguration? {
        place.mapping { fields in
            var configuration = GatewayConfiguration(warehouses: [])
            configuration.readSettings(&fields)
            configuration.readLimits(&fields)
            configuration.warehouses = warehouses(&fields, timeouts: configuration.timeouts)
            place.decoding.checkBackends()
            return configuration
        }
    }

    private mutating func readSettings(_ fields: inout Fields) {
        readManagement(fields.place("management"))
        state = fields.optional("state")
        let domain: HostName? = fields.optional("domain")
        self.domain = domain?.text
        log.read(fields.place("log"))
        readPolicy(&fields)
    }

    /// `management: { listen: 127.0.0.1:7080, names: [ gateway.internal ] }`.
    private mutating func readManagement(_ place: Place?) {
        place?.keys { fields in
            management = fields.requiredPlace("listen")?.listenAddress()
            managementNames = fields.elements("names").compactMap { place in
                place.scalar(HostName.self)?.text
            }
        }
    }

    private mutating func readLimits(_ fields: inout Fields) {
        limits.read(fields.place("limits"))
        timeouts.read(fields.place("timeouts"))
        keepalive.read(fields.place("keepalive"))
        engine.read(fields.place("engine"))
    }

    private mutating func readPolicy(_ fields: inout Fields) {
        guard let place = fields.place("policy") else { return }
        policy = place.scalar() ?? policy
        if policy == .store {
            place.warning(
                "this version reads policy from the configuration file and does not write it",
                remedy: "write policy: file, or remove the key"
            )
        }
    }

    private static func warehouses(_ fields: inout Fields, timeouts: Timeouts) -> [Warehouse] {
        guard let place = fields.requiredPlace("warehouses") else { return [] }
        if place.isEmptySequence { place.warning("no warehouse: the gateway serves nothing") }
        return place.elements().compactMap { Warehouse.decode($0, timeouts: timeouts) }
    }
}
