import Dispatch
import Logging
import Operations
package import Settings
import Time

/// A whole gateway as one process runs it: the data plane, the management server, the logs, and the
/// signals that reload and stop it.
///
///     try await GatewayService(.file(path: "sluice.yaml")).run()
///
/// - SIGHUP reloads the configuration atomically, and reopens the log files; SIGUSR1 does only the
///   latter.
/// - SIGTERM and SIGINT drain: the addresses are released, and sessions may finish within
///   `timeouts.drain`. A second one exits immediately.
///
/// Signals are handled at any time, even while a configuration is being loaded.
package struct GatewayService: Sendable {
    /// Where the configuration comes from, at startup and at each reload.
    package enum Source: Sendable {
        case file(path: String)
        /// Built by the program itself; a reload changes nothing.
        case fixed(GatewayConfiguration)
    }

    /// The descriptors that a gateway with one listener needs, in addition to those of its clients.
    package static var usualDescriptorCount: Int { ProcessSettings.usualDescriptorCount }

    private let source: Source
    private let bindPatience: Duration
    private let ready: @Sendable () -> Void

    /// - Parameters:
    ///   - bindPatience: how long to wait for addresses that another process holds.
    ///   - ready: called once, when everything is bound and every listener accepts.
    package init(
        _ source: Source,
        bindPatience: Duration = .zero,
        ready: @escaping @Sendable () -> Void = {}
    ) {
        self.source = source
        self.bindPatience = bindPatience
        self.ready = ready
    }

    /// Serves until a signal ends it, then drains and returns.
    ///
    /// - Throws: ``ServiceError``, before anything was served.
    package func run() async throws {
        ProcessSettings.apply()
        try checkDescriptors()
        let signals: ControlSignals
        do {
            signals = try ControlSignals.shared.get()
        } catch {
            throw ServiceError.cannotStart("cannot set up signal handling: \(error)")
        }
        guard let gateway = try await prepare(stoppedBy: signals) else { return }
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        signals.handle(
            by: .init(
                reload: {
                    gateway.reopenLogs()
                    gateway.requestReload()
                },
                reopenLogs: { gateway.reopenLogs() },
                stop: { stop.finish() }
            )
        )
        try await gateway.run(ready: ready) { for await _ in stops {} }
    }

    /// Refuses to start if there are too few descriptors even for signals and threads. The error
    /// covers what the whole configuration needs, so that raising the limit once is enough.
    private func checkDescriptors() throws(ServiceError) {
        do {
            try ProcessSettings.planDescriptors()
        } catch {
            if let topology = source.load(by: ConfigurationLoader()).topology {
                try ProcessSettings.planDescriptors(for: topology)
            }
            throw error
        }
    }

    /// Loads the configuration and binds every address, on a thread of its own.
    ///
    /// - Returns: `nil` if a signal came first.
    private func prepare(stoppedBy signals: ControlSignals) async throws -> RunningGateway? {
        let (outcomes, outcome) = AsyncThrowingStream<RunningGateway?, any Error>.makeStream()
        signals.handle(by: .init(stop: { outcome.yield(nil) }))
        DispatchQueue(label: "sluice.start").async {
            do {
                outcome.yield(try prepare())
            } catch {
                outcome.finish(throwing: error)
            }
        }
        for try await first in outcomes { return first }
        return nil
    }

    private func prepare() throws(ServiceError) -> RunningGateway {
        let loader = ConfigurationLoader()
        let loaded = source.load(by: loader)
        let start = try Start(loaded)
        let gateway = try RunningGateway(
            start.configuration,
            from: source.description,
            restored: start.restored,
            load: { [source] in source.load(by: loader) }
        )
        start.logProblems(to: gateway.logger)
        try gateway.bind(waiting: bindPatience)
        return gateway
    }
}

/// What a gateway starts with: its configuration or, if only the lists of its policy are missing, its
/// topology and the last active policy.
private struct Start {
    let configuration: GatewayConfiguration
    var restored: PolicyStatus?
    /// What kept the policy's source from being used.
    private var problems: [String] = []
    private let warnings: [String]

    init(_ loaded: LoadedConfiguration) throws(ServiceError) {
        warnings = loaded.warnings.map { $0.line(in: loaded.file, withSeverity: false) }
        if let configuration = loaded.configuration {
            self.configuration = configuration
            return
        }
        guard let topology = loaded.topology, let folder = topology.lastPolicyFolder else {
            throw .invalidConfiguration(loaded.lines)
        }
        do throws(LastPolicy.ReadError) {
            let last = try LastPolicy(folder: folder).read()
            configuration = GatewayConfiguration(topology, last.policy)
            restored = last.status
            problems = loaded.faults.map { $0.line(in: loaded.file, withSeverity: false) }
        } catch {
            throw .invalidConfiguration(
                loaded.lines + ["\(folder): cannot fall back to the last policy: \(error)"]
            )
        }
    }

    func logProblems(to logger: Logger) {
        for warning in warnings { logger.warning("\(warning)") }
        for problem in problems { logger.error("\(problem)") }
        guard let restored else { return }
        logger.critical(
            """
            cannot read the policy from its source: starting with the last active policy, that of \
            \(restored.source), saved at \(restored.since.rfc3339); later changes are not active, and warehouses that are newer \
            admit no clients (correct the errors above and reload)
            """
        )
    }
}

extension GatewayService.Source {
    /// For clients of the management address.
    var description: String {
        switch self {
        case .file(let path): "the configuration file \(path)"
        case .fixed: "the program that started it"
        }
    }

    func load(by loader: ConfigurationLoader) -> LoadedConfiguration {
        switch self {
        case .file(let path):
            loader.load(contentsOf: path)
        case .fixed(let configuration):
            LoadedConfiguration(file: "", configuration: configuration, findings: [])
        }
    }
}
