public import Core

/// A whole gateway as one process runs it: the data plane, the management server, the logs, and
/// the signals that reload and stop it.
///
///     try await GatewayService(.file(path: "sluice.yaml")).run()
///
/// - SIGHUP reads the configuration anew and puts it in force, wholly or not at all.
/// - SIGTERM and SIGINT drain: accepting stops, sessions may finish until `timeouts.drain` is over.
///   The second of them ends at once.
public struct GatewayService: Sendable {
    /// Where the configuration comes from, at the start and at each reload.
    public enum Source: Sendable {
        case file(path: String)
        /// Made by the program itself; a reload changes nothing.
        case fixed(GatewayConfiguration)
    }

    private let source: Source
    private let ready: @Sendable () -> Void

    /// - Parameter ready: called once, when every listener accepts.
    public init(_ source: Source, ready: @escaping @Sendable () -> Void = {}) {
        self.source = source
        self.ready = ready
    }

    /// Serves until a signal ends it, and has drained when it returns.
    ///
    /// - Throws: ``ServiceError``, before anything was served.
    public func run() async throws {
        try ProcessSettings.apply()
        let configuration = try loadAtStart()
        let gateway = try RunningGateway(configuration, from: source.description)
        try await TerminationSignals.handle {
            gateway.reload(from: source.load())
        } during: { untilStopped in
            try await gateway.run {
                ready()
                await untilStopped()
            }
        }
    }

    private func loadAtStart() throws(ServiceError) -> GatewayConfiguration {
        let loaded = source.load()
        guard let configuration = loaded.configuration else {
            throw .invalidConfiguration(loaded.lines)
        }
        return configuration
    }
}

extension GatewayService.Source {
    /// In words, for the management address' clients.
    var description: String {
        switch self {
        case .file(let path): "its configuration file, \(path),"
        case .fixed: "the program that started it"
        }
    }

    func load() -> LoadedConfiguration {
        switch self {
        case .file(let path):
            ConfigurationLoader().load(contentsOf: path)
        case .fixed(let configuration):
            LoadedConfiguration(file: "", configuration: configuration, findings: [])
        }
    }
}
