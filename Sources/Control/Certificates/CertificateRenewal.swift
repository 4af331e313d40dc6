import Dispatch
import Engine
import Logging
import Settings
import Sockets
import Synchronization
import Time

/// Uses changed certificates, keys, authorities and revocation lists without a reload.
final class CertificateRenewal: Sendable {
    private struct State {
        var watch = CertificateFileWatch()
        /// What was read last.
        var files: TLSFiles?
        var isStopped = false
    }

    private let topology: @Sendable () -> Topology
    private let use: @Sendable (TLSFiles) -> GatewayError?
    private let logger: Logger
    private let state = Mutex(State())
    /// Of its own: a file system that does not answer delays nothing else.
    private let queue = DispatchQueue(label: "sluice.certificates", qos: .utility)

    /// - Parameters:
    ///   - topology: the active one.
    ///   - use: replaces the content of its TLS files, or returns why nothing has changed.
    init(
        topology: @escaping @Sendable () -> Topology,
        use: @escaping @Sendable (TLSFiles) -> GatewayError?,
        logger: Logger
    ) {
        self.topology = topology
        self.use = use
        self.logger = logger
    }

    /// Why changed files cannot be used; `nil` if all is well.
    var failure: String? { state.withLock { $0.watch.standing } }

    /// Looks at the files until the task is cancelled.
    func run() async {
        schedule(after: CertificateFileWatch.interval)
        // `try?`: it throws when the task is cancelled.
        while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
        state.withLock { $0.isStopped = true }
    }

    private func schedule(after delay: Duration) {
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in
            guard let self, !state.withLock({ $0.isStopped }) else { return }
            let now = ContinuousClock.now - Self.epoch
            schedule(after: look(at: .systemTime, elapsed: now))
        }
    }

    private static let epoch = ContinuousClock.now

    /// Looks once. May block.
    ///
    /// - Parameter elapsed: of a clock that is not set.
    /// - Returns: when to look again.
    func look(at now: UnixTime, elapsed: Duration) -> Duration {
        let topology = topology()
        var versions: CertificateFileWatch.Versions = [:]
        for file in topology.tlsFiles {
            // `try?`: one that cannot be found has none, which reading it reports.
            versions[file.path] = try? FileVersion(of: file.path)
        }
        let step = state.withLock { state in
            state.watch.look(versions, isUsed: state.files == topology.files)
        }
        switch step {
        case .wait(let delay): return delay
        case .read:
            read(versions, topology, at: now, elapsed: elapsed)
            return CertificateFileWatch.interval
        }
    }

    private func read(
        _ versions: CertificateFileWatch.Versions,
        _ topology: Topology,
        at now: UnixTime,
        elapsed: Duration
    ) {
        var loader = TLSFileLoader(now: now)
        loader.load(topology)
        let changes = loader.files.changes(since: topology.files)
        var failure = loader.findings.first { $0.severity == .error }?.message
        if failure == nil, !changes.isEmpty { failure = use(loader.files)?.description }
        if let failure { return report(state.withLock { $0.watch.failed(failure, at: elapsed) }) }
        let report = state.withLock { state in
            state.files = loader.files
            return state.watch.succeeded(versions)
        }
        self.report(report)
        guard !changes.isEmpty else { return }
        logger.notice("certificate files changed, and are used: \(changes.joined(separator: ", "))")
        for warning in loader.findings { logger.warning("\(warning.message)") }
    }

    private func report(_ report: CertificateFileWatch.Report?) {
        switch report {
        case .failing(let reason):
            logger.error(
                "cannot use changed certificate files: \(reason); still using the old ones"
            )
        case .recovered: logger.notice("certificate files can be used again")
        case nil: break
        }
    }
}
