import Dispatch
import Logging
import Operations
import Policy
package import Settings
import Store
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
        guard let topology = loaded.topology else { throw .invalidConfiguration(loaded.lines) }
        let logs: GatewayLogs
        do throws(LogDestination.OpenError) {
            logs = try GatewayLogs(topology.log)
        } catch {
            throw .cannotStart(error.description)
        }
        let start = try Start(
            loaded,
            topology,
            origin: source.origin,
            patience: bindPatience,
            logger: logs.logger
        )
        let gateway = try RunningGateway(start, logs) { [source] in source.load(by: loader) }
        start.logProblems(to: gateway.logger)
        try gateway.bind(waiting: bindPatience)
        return gateway
    }
}

/// What a gateway starts with: its topology and the policy of its source or, if that is not
/// available, the last active one.
struct Start {
    let configuration: GatewayConfiguration
    /// Where the policy is changed.
    let base: PolicyWriter.Base
    /// The policy of the configuration file.
    let configured: Policy
    /// Where the policy comes from, for display.
    let policySource: String
    /// The state of the policy.
    let status: PolicyStatus
    /// What kept the policy's source from being used.
    private var problems: [String] = []
    private let warnings: [String]

    init(
        _ loaded: LoadedConfiguration,
        _ topology: Topology,
        origin: PolicyOrigin,
        patience: Duration,
        logger: Logger
    ) throws(ServiceError) {
        warnings = loaded.warnings.map { $0.line(in: loaded.file, withSeverity: false) }
        let lastPolicy = topology.lastPolicyFolder.map { LastPolicy(folder: $0) }
        let file = try Self.filePolicy(loaded, lastPolicy)
        problems = file.problems
        var restored = file.restored
        let policy: Policy
        if topology.policyAuthority == .store, let path = topology.storePath {
            let start = try StoreStart(
                path,
                configured: file.policy,
                mayImport: restored == nil,
                lastPolicy: lastPolicy,
                patience: patience,
                logger: logger
            )
            (base, policy, restored) = (start.base, start.policy, start.restored)
            problems += start.problems
            policySource = StoreStart.source(path)
        } else {
            (base, policy) = (.configuration(origin), file.policy)
            policySource = origin.description
        }
        configuration = GatewayConfiguration(topology, policy)
        configured = file.policy
        status =
            restored
            ?? PolicyStatus(
                source: policySource,
                revision: base.store?.policy.revision ?? PolicyRevision(1),
                since: .systemTime
            )
    }

    /// The policy of the configuration file or, if only its lists are missing, the last active one.
    private static func filePolicy(_ loaded: LoadedConfiguration, _ lastPolicy: LastPolicy?)
        throws(ServiceError) -> (policy: Policy, restored: PolicyStatus?, problems: [String])
    {
        if let configuration = loaded.configuration { return (configuration.policy, nil, []) }
        guard let lastPolicy else { throw .invalidConfiguration(loaded.lines) }
        do throws(LastPolicy.ReadError) {
            let last = try lastPolicy.read()
            let problems = loaded.faults.map { $0.line(in: loaded.file, withSeverity: false) }
            return (last.policy, last.status, problems)
        } catch {
            throw .invalidConfiguration(
                loaded.lines + [
                    "\(lastPolicy.folder): cannot fall back to the last policy: \(error)"
                ]
            )
        }
    }

    func logProblems(to logger: Logger) {
        for warning in warnings { logger.warning("\(warning)") }
        for problem in problems { logger.error("\(problem)") }
        guard status.isRestored else { return }
        logger.critical(
            """
            cannot read the policy from its source: starting with the last active policy, that of \
            \(status.source), saved at \(status.since.rfc3339); later changes are not active, and \
            warehouses that are newer admit no clients (correct the errors above and reload)
            """
        )
    }
}

extension PolicyOrigin: CustomStringConvertible {
    /// For clients of the management address.
    var description: String {
        switch self {
        case .file(let path): "the configuration file \(path)"
        case .program: "the program that started it"
        }
    }
}

extension GatewayService.Source {
    var origin: PolicyOrigin {
        switch self {
        case .file(let path): .file(path: path)
        case .fixed: .program
        }
    }

    func load(by loader: ConfigurationLoader) -> LoadedConfiguration {
        switch self {
        case .file(let path):
            loader.load(contentsOf: path)
        case .fixed(let configuration):
            LoadedConfiguration(
                file: "",
                configuration: configuration,
                topology: configuration.topology,
                findings: []
            )
        }
    }
}
