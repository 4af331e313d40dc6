extension Warehouse {
    /// - Parameter timeouts: the gateway's, which its listeners inherit.
    static func decode(_ place: Place, timeouts: Timeouts) -> Warehouse? {
        place.mapping { fields in
            let id = fields.requiredPlace("id")?.warehouseID()
            let name: String? = fields.optional("name")
            let host: HostName? = fields.optional("host")
            let connectionLimit = fields.connectionLimit()
            let listeners = listeners(&fields, timeouts: timeouts)
            let whenRevoked = fields.value("whenRevoked", default: Revocation.close)
            let endpointServices = EndpointService.decodeList(fields.elements("endpointServices"))
            let endpoints = Endpoint.decodeList(
                fields.elements("endpoints"),
                of: endpointServices
            )
            let whitelist = Whitelist.decode(&fields, for: listeners)
            checkEndpoints(of: fields, for: listeners)
            checkEmbeddedEndpoints(endpoints, for: listeners, of: fields)
            guard let id, let whenRevoked else { return nil }
            return Warehouse(
                id: id,
                name: name,
                host: host?.text,
                whitelist: whitelist,
                connectionLimit: connectionLimit,
                whenRevoked: whenRevoked,
                listeners: listeners,
                endpointServices: endpointServices,
                endpoints: endpoints
            )
        }
    }

    private static func listeners(_ fields: inout Fields, timeouts: Timeouts) -> [Listener] {
        if fields.isEmptyList("listeners") {
            fields.place.warning("no listener leads to this warehouse")
        }
        return fields.elements("listeners").compactMap {
            Listener.decode($0, timeouts: timeouts)
        }
    }

    private static func checkEndpoints(of fields: Fields, for listeners: [Listener]) {
        let hasPrivateLink = listeners.contains { $0.link == .private }
        if hasPrivateLink, fields.isEmptyList("endpoints") {
            fields.place.warning(
                "a private link, but no endpoint: it admits nobody",
                remedy: "add the consumers' endpoints under endpoints"
            )
        }
    }
}

extension Warehouse {
    /// A listener's endpoint must be there, and an embedded endpoint without a listener is not.
    private static func checkEmbeddedEndpoints(
        _ endpoints: [Endpoint],
        for listeners: [Listener],
        of fields: Fields
    ) {
        let embedded = Set(endpoints.filter { $0.cloud == .embedded }.map(\.id))
        let used = Set(listeners.compactMap(\.endpoint))
        for id in used.subtracting(embedded).sorted() {
            fields.place.fault(
                "a listener is the endpoint \(id.quoted), which is not among endpoints",
                remedy: "add endpoints: [ { id: \(id), cloud: embedded, state: available } ]"
            )
        }
        for id in embedded.subtracting(used).sorted() {
            fields.place.warning(
                "no listener is the embedded endpoint \(id.quoted): nobody can reach it",
                remedy: "add a listener with link: private and endpoint: \(id)"
            )
        }
    }
}

extension Fields {
    /// `limits: { connections: 100 }`; 0 for no limit.
    mutating func connectionLimit() -> Int {
        var limit = 0
        place("limits")?.keys { fields in
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
            fault("\(id.text) is taken by \(owner.reference)")
        }
        return id.text
    }
}
