/// One warehouse of a ``GatewayFile``.
struct WarehouseFile: Sendable {
    var id: String
    var whitelist: String
    /// Further lines: `endpoints:`, `  - { … }`.
    var settings: [String] = []
    var listeners: [ListenerFile]

    var text: String {
        """
          - id: \(id)
            name: WH_Test
            whitelist: \(whitelist)
            \(settings.joined(separator: "\n    "))
            listeners:
        \(listeners.map(\.text).joined(separator: "\n"))
        """
    }
}
