extension BackendAddress {
    /// Reads a listener's key `backends`.
    ///
    /// - Parameter listen: the place of the listener's own address.
    static func decodeList(_ listener: inout Fields, listen: Place?) -> [BackendAddress] {
        guard let list = listener.requiredPlace("backends") else { return [] }
        if list.isEmptySequence {
            list.fault("a listener needs at least one backend", remedy: "write [ host:port ]")
        }
        var claims = Claims<BackendAddress>()
        return list.elements().compactMap { decode($0, listen: listen, claims: &claims) }
    }

    private static func decode(
        _ backend: Place,
        listen: Place?,
        claims: inout Claims<BackendAddress>
    ) -> BackendAddress? {
        // A backend may be its address alone.
        if case .scalar = backend.node.content {
            return address(at: backend, listen: listen, claims: &claims)
        }
        if let remedy = backend.node.backendRemedy {
            backend.fault("expected host:port, found \(backend.node.kind)", remedy: remedy)
            return nil
        }
        return backend.mapping { fields in
            guard let place = fields.requiredPlace("address") else { return nil }
            return address(at: place, listen: listen, claims: &claims)
        }
    }

    private static func address(
        at place: Place,
        listen: Place?,
        claims: inout Claims<BackendAddress>
    ) -> BackendAddress? {
        guard let address: BackendAddress = place.scalar() else { return nil }
        if let owner = claims.claim(address, for: place) {
            place.fault("\(address) is there already: \(owner.reference)")
        }
        let claim = BackendClaim(
            address: address,
            location: place.location,
            listen: listen?.location
        )
        place.decoding.backends.append(claim)
        return address
    }
}

extension ConfigurationNode {
    /// What to write instead of a mapping that is an address in another form: `db: 3306`, or
    /// `{ host: db, port: 3306 }`.
    fileprivate var backendRemedy: String? {
        if let address = splitAddress,
            Suggestion.synonym(of: address.host, among: ["address"]) == nil,
            address.host != "address"
        {
            return rejoined
        }
        guard case .mapping(let entries) = content, entries.count == 2,
            let port = entries.first(where: { $0.key.lowercased() == "port" }),
            let host = entries.first(where: {
                Suggestion.synonym(of: $0.key, among: ["address"]) != nil || $0.key == "address"
            }), case .scalar(let name) = host.value.content,
            case .scalar(let number) = port.value.content
        else { return nil }
        let isIPv6 = name.contains(":") && !name.hasPrefix("[")
        return "write \("\(isIPv6 ? "[\(name)]" : name):\(number)".asYAML)"
    }
}
