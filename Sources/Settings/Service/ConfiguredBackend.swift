import Text
package import Traffic

/// A backend of a service, and its part of the service's connections.
package struct ConfiguredBackend: Hashable, Sendable {
    /// The greatest weight.
    package static let weightLimit = 256

    package var address: BackendAddress
    /// Its share, in relation to the others' weights: from 1 to ``weightLimit``.
    package var weight: Int
    /// Whether it is used only while none of the others can be.
    package var isBackup: Bool
    /// What an operator has not changed while the gateway runs.
    package var mode: BackendMode

    package init(
        _ address: BackendAddress,
        weight: Int = 1,
        isBackup: Bool = false,
        mode: BackendMode = .active
    ) {
        self.address = address
        self.weight = weight
        self.isBackup = isBackup
        self.mode = mode
    }
}

/// Whether a backend gets connections. Existing ones continue in every mode.
package enum BackendMode: String, Hashable, Sendable, CaseIterable, Codable {
    case active
    /// It gets no new ones. It is checked, and its health is known when it becomes active again.
    case drain
    /// No new connections, and no health checks either: for maintenance.
    case maintenance
}

/// What an operator can choose for a backend while the gateway runs.
package enum BackendModeChoice: String, Hashable, Sendable, CaseIterable {
    case active, drain, maintenance
    /// The mode in the configuration.
    case configured

    /// `nil` for the configuration's.
    package var mode: BackendMode? { BackendMode(rawValue: rawValue) }
}

extension ConfiguredBackend {
    /// Reads a service's key `backends`.
    ///
    /// - Parameter listen: the place of the listener's own address, if there is only one listener.
    static func decodeList(_ service: inout Fields, listen: Place?) -> [ConfiguredBackend] {
        guard let list = service.requiredPlace("backends") else { return [] }
        let places = list.elements()
        if list.isEmptySequence {
            list.error("at least one backend is required", remedy: "write [ host:port ]")
        }
        var claims = Claims<BackendAddress>()
        let backends = places.compactMap { decode($0, listen: listen, claims: &claims) }
        warnOfIdleness(of: backends, at: list, isWhole: backends.count == places.count)
        return backends
    }

    private static func decode(
        _ place: Place,
        listen: Place?,
        claims: inout Claims<BackendAddress>
    ) -> ConfiguredBackend? {
        // A backend may be its address alone.
        if case .scalar = place.node.content {
            return address(at: place, listen: listen, claims: &claims).map {
                ConfiguredBackend($0)
            }
        }
        if let remedy = place.node.backendRemedy {
            place.error("expected host:port, found \(place.node.kind)", remedy: remedy)
            return nil
        }
        return place.mapping { decode(&$0, listen: listen, claims: &claims) }
    }

    private static func decode(
        _ fields: inout Fields,
        listen: Place?,
        claims: inout Claims<BackendAddress>
    ) -> ConfiguredBackend? {
        let address = fields.requiredPlace("address").flatMap {
            Self.address(at: $0, listen: listen, claims: &claims)
        }
        var weight = 1
        var isBackup = false
        var mode = BackendMode.active
        fields.read("weight", into: &weight, within: 1...weightLimit)
        fields.read("backup", into: &isBackup)
        fields.read("mode", into: &mode)
        return address.map {
            ConfiguredBackend($0, weight: weight, isBackup: isBackup, mode: mode)
        }
    }

    private static func address(
        at place: Place,
        listen: Place?,
        claims: inout Claims<BackendAddress>
    ) -> BackendAddress? {
        guard let address: BackendAddress = place.scalar() else { return nil }
        if let owner = claims.claim(address, for: place) {
            place.error(
                "duplicate backend \(address), first defined at \(owner.reference)",
                remedy: "remove one of the two"
            )
        }
        let claim = BackendClaim(
            address: address,
            location: place.location,
            listen: listen?.location
        )
        place.decoding.backends.append(claim)
        return address
    }

    private static func warnOfIdleness(
        of backends: [ConfiguredBackend],
        at list: Place,
        isWhole: Bool
    ) {
        guard isWhole, !backends.isEmpty else { return }
        if backends.allSatisfy({ $0.mode != .active }) {
            list.warning("no backend is active: all clients are denied", remedy: "set mode: active")
        } else if backends.allSatisfy(\.isBackup) {
            list.warning("every backend is a backup", remedy: "remove backup from some of them")
        }
    }
}

extension BackendMode: ConfigurationWord {
    static var synonyms: [String: Self] {
        [
            "ready": .active, "up": .active, "on": .active, "enabled": .active,
            "draining": .drain, "maint": .maintenance, "down": .maintenance, "off": .maintenance,
            "disabled": .maintenance,
        ]
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
