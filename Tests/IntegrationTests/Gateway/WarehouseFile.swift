/// One warehouse of a ``GatewayFile``.
struct WarehouseFile: Sendable {
    var id: String
    var whitelist: String
    /// Further lines: `endpoints:`, `  - { … }`.
    var settings: [String] = []
    var listeners: [ListenerFile]

    /// Without any, routes of other listeners lead to it.
    private var ownListeners: String {
        listeners.isEmpty
            ? "" : "    listeners:\n" + listeners.map(\.text).joined(separator: "\n")
    }

    var text: String {
        """
          - id: \(id)
            name: WH_Test
            whitelist: \(whitelist)
            \(settings.joined(separator: "\n    "))

        """ + ownListeners
    }
}
