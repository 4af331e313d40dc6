/// A gateway of one listener, and the way through it.
///
/// It keeps the gateway alive: a test that only looks from the client's side needs no more.
struct Route {
    let listener: ListenerFile
    let sluice: SluiceProcess

    init(
        _ listener: ListenerFile,
        whitelist: String? = nil,
        settings: [String] = [],
        logLevel: String = "info"
    ) throws {
        self.listener = listener
        var file = GatewayFile(listener, settings: settings, whitelist: whitelist)
        file.logLevel = logLevel
        sluice = try SluiceProcess(file)
    }

    var listen: Endpoint { listener.listen }
}
