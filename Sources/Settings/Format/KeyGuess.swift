import Text

/// What an unknown key of a mapping was probably meant to be.
struct KeyGuess {
    /// The mapping's own keys that may be meant: empty if unknown, and `nil` if it may be any of
    /// them. A key that belongs elsewhere stands for itself.
    var keys: [String]?
    var remedy: String?

    func mayMean(anyOf others: [String]) -> Bool {
        keys.map { $0.contains(where: others.contains) } ?? true
    }
}

extension KeyGuess {
    /// `nil` if there is no guess.
    ///
    /// - Parameters:
    ///   - known: the mapping's own keys.
    ///   - isGiven: whether one of them is present.
    init?(
        for entry: ConfigurationNode.Entry,
        among known: [String],
        isGiven: (String) -> Bool
    ) {
        let key = entry.key
        if key == "<<" {
            self.init(
                keys: nil,
                remedy: "merge keys are not supported; repeat the keys, each with an alias"
            )
        } else if let remedy = Self.remedy(forSwitch: entry, among: known) {
            self.init(keys: [key], remedy: remedy)
        } else if let nested = Self.nested(key, among: known) {
            let (outer, inner) = (nested.outer, nested.inner)
            guard case .scalar(let text) = entry.value.content, text.utf8.count <= 64 else {
                self.init(keys: [outer], remedy: "did you mean \(outer).\(inner)?")
                return
            }
            let value = nested.isList ? "[ \(text.asYAML) ]" : text.asYAML
            let pair = "\(inner): \(value)"
            let remedy =
                isGiven(outer) ? "write \(pair) under \(outer)" : "write \(outer): { \(pair) }"
            self.init(keys: [outer], remedy: remedy)
        } else if let synonym = Suggestion.synonym(of: key, among: known) {
            self.init(keys: [synonym], remedy: "did you mean \(synonym)?")
        } else if let slip = Suggestion.closest(to: key, among: known, within: 1) {
            self.init(keys: [slip], remedy: "did you mean \(slip)?")
        } else if let home = Self.home(of: key, among: known) {
            self.init(keys: [home.step ?? key], remedy: home.remedy)
        } else if let closest = Suggestion.closest(to: key, among: known) {
            self.init(keys: [closest], remedy: "did you mean \(closest)?")
        } else if Self.comments.contains(key.lowercased()) {
            self.init(keys: [key], remedy: "write it as a YAML comment, after #")
        } else {
            return nil
        }
    }

    private static let comments: Set = [
        "comment", "comments", "note", "notes", "description", "name", "label", "title",
    ]
}

// MARK: - Switches

extension KeyGuess {
    /// `disabled: true` and `enabled: false`, which no part of a configuration has: what to write
    /// instead. The parts are recognized by a key that no other has.
    private static func remedy(forSwitch entry: ConfigurationNode.Entry, among known: [String])
        -> String?
    {
        let key = Suggestion.plain(entry.key)
        let isNegative = ["disabled", "disable", "inactive"].contains(key)
        guard isNegative || ["enabled", "enable"].contains(key) else { return nil }
        if case .scalar(let text) = entry.value.content, Bool.meant(by: text) != isNegative {
            return "remove the key"
        }
        let off = [
            "backup": "mode: maintenance", "principal": "state: rejected", "rise": "type: off",
            "tlvs": "version: off", "trusted": "accept: off", "cidr": "enabled: false",
            "entries": "mode: anywhere or mode: nowhere",
        ].first { known.contains($0.key) }
        return off.map { "write \($0.value)" } ?? "to disable this part, comment it out with #"
    }
}

// MARK: - Keys of inner mappings under other programs' names

extension KeyGuess {
    /// What nginx, HAProxy, Envoy and others call `outer.inner`, in lower case, without `-` and `_`.
    private static let nestedKeys: [String: [String]] = [
        "timeouts.idle": [
            "idletimeout", "timeoutidle", "proxytimeout", "timeoutclient", "timeoutserver",
            "timeouttunnel", "tunneltimeout", "clienttimeout", "servertimeout",
            "proxyreadtimeout", "readtimeout",
        ],
        "timeouts.connect": [
            "connecttimeout", "connectiontimeout", "timeoutconnect", "proxyconnecttimeout",
            "dialtimeout",
        ],
        "timeouts.header": ["headertimeout", "headerstimeout", "proxyprotocolheaderstimeout"],
        "timeouts.write": ["writetimeout", "timeoutwrite", "proxysendtimeout", "sendtimeout"],
        "timeouts.halfClosed": [
            "halfclosedtimeout", "timeoutclientfin", "timeoutserverfin", "halfclosetimeout",
        ],
        "timeouts.drain": [
            "draintimeout", "timeoutdrain", "shutdowntimeout", "hardstopafter", "graceperiod",
        ],
        "limits.connections": [
            "maxconn", "maxconnections", "connectionlimit", "workerconnections",
        ],
        "limits.connectionsPerSource": [
            "connectionspersource", "limitconn", "maxconnectionsperip",
        ],
        "limits.connectRatePerSource": ["connectratepersource", "ratelimit", "maxconnrate"],
        "log.level": ["loglevel", "verbosity"],
        "log.format": ["logformat"],
        "log.access": ["accesslog", "accesslogfile"],
        "management.listen": [
            "managementlisten", "managementaddress", "adminlisten", "statslisten",
        ],
        "engine.shards": ["workers", "threads", "nbthread", "workerprocesses", "shards"],
        "engine.congestionControl": ["congestioncontrol", "tcpcongestion"],
        "engine.kernelTLS": ["kerneltls", "ktls", "sslktls"],
        "keepalive.idle": ["keepaliveidle", "keepalivetime", "tcpkeepidle"],
        "keepalive.interval": ["keepaliveinterval", "keepaliveintvl", "tcpkeepintvl"],
        "keepalive.count": ["keepalivecount", "keepalivecnt", "tcpkeepcnt"],
        "proxyProtocol.accept": ["acceptproxy", "acceptproxyprotocol", "receiveproxyprotocol"],
        "proxyProtocol.trusted": ["trustedproxies", "setrealipfrom", "trustedips", "trusted"],
        "proxyProtocol.timeout": ["proxyprotocoltimeout"],
        "healthCheck.interval": ["healthcheckinterval", "checkinterval"],
        "healthCheck.timeout": ["healthchecktimeout", "checktimeout"],
        "healthCheck.path": ["healthcheckpath", "healthpath", "checkpath"],
        "whitelist.entries": ["entries"],
        "whitelist.files": ["files"],
        "whitelist.mode": ["mode"],
        "http.mode": ["mode", "httpmode", "streamload", "followredirects"],
    ]

    private static let byName: [String: [String]] = nestedKeys.reduce(into: [:]) { table, pair in
        for name in pair.value { table[name, default: []].append(pair.key) }
    }

    private static let lists: Set = [
        "proxyProtocol.trusted", "whitelist.entries", "whitelist.files",
    ]
    /// Only for the whole gateway; not in a listener's `timeouts`.
    private static let gatewayOnly: Set = ["timeouts.drain"]

    private static func nested(_ key: String, among known: [String]) -> (
        outer: String, inner: String, isList: Bool
    )? {
        for path in byName[Suggestion.plain(key)] ?? [] {
            let steps = path.split(separator: ".").map(String.init)
            guard known.contains(steps[0]),
                !gatewayOnly.contains(path) || known.contains("warehouses")
            else { continue }
            return (steps[0], steps[1], lists.contains(path))
        }
        return nil
    }
}

// MARK: - Keys of other mappings

extension KeyGuess {
    private static let doorKeys: Set = [
        "listen", "protocol", "reject", "proxyProtocol", "interface", "link", "http",
    ]
    private static let ownListenerKeys: Set = ["endpoint", "sources"]
    private static let serviceKeys: Set = [
        "backends", "healthCheck", "sendProxyProtocol", "sourceAddresses", "redirects",
    ]
    private static let listenerKeys = doorKeys.union(ownListenerKeys).union(serviceKeys)
    private static let warehouseKeys: Set = [
        "listeners", "services", "whitelist", "whenRevoked", "endpointServices", "endpoints",
        "host", "label",
    ]
    private static let gatewayKeys: Set = [
        "management", "log", "keepalive", "engine", "domain", "dns", "warehouses", "limits",
    ]

    /// The mappings, recognized by the keys that were read.
    private enum Home {
        case gateway, warehouse, sharedListener, listener, service

        init?(knowing known: [String]) {
            if known.contains("warehouses") {
                self = .gateway
            } else if known.contains("whenRevoked") {
                self = .warehouse
            } else if known.contains("routes") {
                self = .sharedListener
            } else if known.contains("backends") {
                self = known.contains("listen") ? .listener : .service
            } else {
                return nil
            }
        }
    }

    /// A key that is right, but in another mapping: which of `known` leads there, if one does, and
    /// what to do.
    private static func home(of key: String, among known: [String]) -> (
        step: String?, remedy: String
    )? {
        guard let home = Home(knowing: known) else { return nil }
        if home == .sharedListener, key == "limits" {
            return (nil, "move it to a service: warehouses[].services.PROTOCOL.limits")
        }
        if home != .gateway, gatewayKeys.contains(key) {
            return (nil, "move it to the top level of the file")
        }
        switch home {
        case .gateway where listenerKeys.contains(key):
            return ("warehouses", "move it to a listener: warehouses[].listeners[].\(key)")
        case .gateway where warehouseKeys.contains(key):
            return ("warehouses", "move it to a warehouse: warehouses[].\(key)")
        case .warehouse where listenerKeys.contains(key):
            return ("listeners", "move it to a listener: listeners[].\(key)")
        case .sharedListener where serviceKeys.contains(key):
            return (nil, "move it to a service: warehouses[].services.PROTOCOL.\(key)")
        case .sharedListener where ownListenerKeys.contains(key):
            return (
                nil, "only listeners inside a warehouse have it: warehouses[].listeners[].\(key)"
            )
        case .listener where key == "routes":
            return (nil, "only top-level listeners have routes: listeners[].routes")
        case .listener where warehouseKeys.contains(key):
            return (nil, "move it to the listener's warehouse, next to listeners")
        case .service where doorKeys.contains(key):
            return (nil, "move it to the listeners whose routes lead here: listeners[].\(key)")
        case .service where warehouseKeys.contains(key):
            return (nil, "move it to the service's warehouse, next to services")
        default:
            return nil
        }
    }
}
