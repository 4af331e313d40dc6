/// A configuration file of the gateway, as text: the tests see what an operator writes.
struct GatewayFile: Sendable {
    /// Top-level lines: `limits: { connections: 3 }`.
    var settings: [String] = []
    var logLevel = "info"
    /// Further keys of `management`: `notices: { allowed: [ 127.0.0.1/32 ] }`.
    var managementKeys: [String] = []
    /// Where the policy comes from, `file` or `store`.
    var policy = "file"
    /// Lines of the first warehouse.
    var warehouse: [String] = []
    /// Of the first warehouse; `nil` for none.
    var whitelist: String? = "{ mode: anywhere }"
    var listeners: [ListenerFile]
    /// Whether there is a first warehouse, or only the others.
    var hasFirst = true
    /// Further warehouses.
    var others: [WarehouseFile] = []

    init(_ listeners: ListenerFile..., settings: [String] = [], whitelist: String? = nil) {
        self.listeners = listeners
        self.settings = settings
        if let whitelist { self.whitelist = whitelist }
    }

    func text(management: Endpoint) -> String {
        """
        management: { \(([#"listen: "\#(management)""#] + managementKeys).joined(separator: ", ")) }
        policy: \(policy)
        log: { level: \(logLevel), format: json, access: stdout }
        \(settings.joined(separator: "\n"))
        warehouses:
        \(((hasFirst ? [first] : []) + others).map(\.text).joined(separator: "\n"))

        """
    }

    private var first: WarehouseFile {
        WarehouseFile(
            id: "WHTEST",
            whitelist: whitelist,
            settings: warehouse,
            listeners: listeners
        )
    }
}

/// One listener of a ``GatewayFile``.
struct ListenerFile: Sendable {
    var `protocol`: String
    var listen: Endpoint
    var link = "public"
    var backends: [String]
    /// Further keys of backends, by address: `weight: 2`.
    var backendKeys: [String: String] = [:]
    /// Further lines: `sendProxyProtocol: v1`.
    var settings: [String]

    /// - Parameter backends: with a health check of `off` unless `settings` name one, so that a
    ///   backend sees the connections of the test and no others.
    init(
        _ protocol: String,
        at listen: Endpoint? = nil,
        to backends: Endpoint...,
        settings: [String] = []
    ) throws {
        self.protocol = `protocol`
        self.listen = try listen ?? .free()
        self.backends = backends.map(\.description)
        self.settings = settings
        if !settings.contains(where: { $0.hasPrefix("healthCheck:") }) {
            self.settings.append("healthCheck: off")
        }
    }

    var text: String {
        let lines = [
            "- protocol: \(`protocol`)",
            "  listen: \"\(listen)\"",
            "  link: \(link)",
            "  backends:",
        ]
        let addresses = backends.map { address in
            let keys = backendKeys[address].map { ", \($0)" } ?? ""
            return "    - { address: \"\(address)\"\(keys) }"
        }
        let indent = String(repeating: " ", count: 6)
        return (lines + addresses + settings.map { "  " + $0 })
            .map { indent + $0 }.joined(separator: "\n")
    }
}
