extension Warehouse {
    /// - Parameter timeouts: the gateway's, which its listeners inherit.
    static func decode(_ place: Place, timeouts: Timeouts) -> Warehouse? {
        place.mapping { fields in
            let id = fields.requiredPlace("id")?.warehouseID()
            let name: String? = fields.optional("name")
            let host: HostName? = fields.optional("host")
            let connectionLimit = connectionLimit(fields.place("limits"))
            let listeners = listeners(&fields, timeouts: timeouts)
            let endpointServices = EndpointService.decodeList(fields.elements("endpointServices"))
            let endpoints = Endpoint.decodeList(fields.elements("endpoints"))
            let whitelist = Whitelist.decode(&fields, for: listeners)
            checkEndpoints(of: fields, for: listeners)
            guard let id else { return nil }
            return Warehouse(
                id: id,
                name: name,
                host: host?.text,
                whitelist: whitelist,
                connectionLimit: connectionLimit,
                listeners: listeners,
                endpointServices: endpointServices,
                endpoints: endpoints
            )
        }
    }

    private static func connectionLimit(_ place: Place?) -> Int {
        var limit = 0
        place?.keys { fields in
            fields.read("connections", into: &limit, within: ConnectionLimits.range)
        }
        return limit
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
