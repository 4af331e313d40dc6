/// One warehouse of a ``GatewayFile``.
struct WarehouseFile: Sendable {
    var id: String
    var whitelist: String?
    /// Further lines: `endpoints:`, `  - { … }`.
    var settings: [String] = []
    var listeners: [ListenerFile]

    /// Without any, routes of other listeners lead to it.
    private var ownListeners: String {
        listeners.isEmpty
            ? "" : "    listeners:\n" + listeners.map(\.text).joined(separator: "\n")
    }

    var text: String {
        let settings = (whitelist.map { ["whitelist: \($0)"] } ?? []) + settings
        return """
              - id: \(id)
                name: WH_Test
                \(settings.joined(separator: "\n    "))

            """ + ownListeners
    }
}
