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
            let servicePlaces = fields.elements("endpointServices")
            let endpointServices = EndpointService.decodeList(servicePlaces)
            let endpointPlaces = fields.elements("endpoints")
            let endpoints = Endpoint.decodeList(
                endpointPlaces,
                of: endpointServices,
                areAllKnown: endpointServices.count == servicePlaces.count
                    && !fields.isProbablyLost("endpointServices")
            )
            let whitelist = Whitelist.decode(&fields, for: listeners)
            checkEndpoints(of: &fields, for: listeners)
            // What is wrong with one of them is reported already.
            if endpoints.count == endpointPlaces.count {
                checkEmbeddedEndpoints(endpoints, for: listeners, of: &fields)
            }
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
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["listeners"],
                "no listener leads to this warehouse"
            )
        }
        return fields.elements("listeners").compactMap {
            Listener.decode($0, timeouts: timeouts)
        }
    }

    private static func checkEndpoints(of fields: inout Fields, for listeners: [Listener]) {
        let hasPrivateLink = listeners.contains { $0.link == .private }
        if hasPrivateLink, fields.isEmptyList("endpoints") {
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["endpoints"],
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
        of fields: inout Fields
    ) {
        let embedded = Set(endpoints.filter { $0.cloud == .embedded }.map(\.id))
        let used = Set(listeners.compactMap(\.endpoint))
        for id in used.subtracting(embedded).sorted() {
            fields.conclude(
                .error,
                at: fields.place,
                fromAbsenceOf: ["endpoints"],
                "a listener is the endpoint \(id.quoted), which is not among endpoints",
                remedy: "add endpoints: [ { id: \(id), cloud: embedded, state: available } ]"
            )
        }
        for id in embedded.subtracting(used).sorted() {
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["listeners"],
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
            fault("\(id.text) is taken by \(owner.reference)")
        }
        return id.text
    }
}
