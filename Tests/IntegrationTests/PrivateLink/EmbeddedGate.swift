/// A gateway with an address in the networks of two consumers, who have the same address: private
/// links without a cloud. Both endpoints lead to the same warehouse.
struct EmbeddedGate {
    let site: PrivateLinkSite
    let sluice: SluiceProcess
    private var file: GatewayFile

    /// - Parameters:
    ///   - a: the state of consumer a's endpoint.
    ///   - b: that of consumer b's.
    ///   - settings: top-level lines of the file.
    init(a: String, b: String, settings: [String] = []) throws {
        site = try PrivateLinkSite.shared.get()
        file = GatewayFile(
            try Self.listener("consumer-a", at: site.a, of: site),
            try Self.listener("consumer-b", at: site.b, of: site),
            settings: settings,
            whitelist: "{ mode: nowhere }"
        )
        file.warehouse = Self.endpoints(a: a, b: b)
        sluice = try site.start(file)
    }

    var a: Endpoint { file.listeners[0].listen }
    var b: Endpoint { file.listeners[1].listen }

    /// Edits the states in the file, and sends SIGHUP.
    func requestReload(a: String, b: String) throws {
        var file = file
        file.warehouse = Self.endpoints(a: a, b: b)
        try sluice.requestReload(to: file.text(management: sluice.management))
    }

    private static func listener(
        _ id: String,
        at consumer: ConsumerNetwork,
        of site: PrivateLinkSite
    ) throws -> ListenerFile {
        var listener = try site.listener(
            "mysql",
            at: consumer,
            to: site.mysql,
            settings: ["endpoint: \(id)"]
        )
        listener.link = "private"
        return listener
    }

    private static func endpoints(a: String, b: String) -> [String] {
        [
            "endpoints:",
            "  - { id: consumer-a, cloud: embedded, state: \(a) }",
            "  - { id: consumer-b, cloud: embedded, state: \(b) }",
        ]
    }
}
