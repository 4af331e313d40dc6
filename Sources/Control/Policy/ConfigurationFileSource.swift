import Logging
import Settings
import Synchronization
import Text

/// The configuration file as the source of policy and topology: it is read again on request.
final class ConfigurationFileSource: PolicySource {
    /// How long a reload may read its files before it is abandoned. The longest list that is
    /// accepted takes a few seconds.
    private static let deadline = Duration.seconds(120)

    let name: String
    private let load: @Sendable () -> LoadedConfiguration
    private let writer: PolicyWriter
    private let logger: Logger
    /// Called after each reload with its failure; `nil` if it succeeded.
    private let finished: @Sendable (_ failure: String?) -> Void
    private let state = Mutex(State())

    private let waiters = ReloadWaiters()

    /// What a reload has read.
    private struct Run: Sendable {
        let number: Int
        let loaded: LoadedConfiguration
    }

    private struct State {
        /// `nil` until an applier is set.
        var reloader: Reloader<Run>?
        /// Whether a reload was requested before that.
        var isRequested = false
    }

    init(
        name: String,
        writer: PolicyWriter,
        logger: Logger,
        load: @escaping @Sendable () -> LoadedConfiguration,
        finished: @escaping @Sendable (_ failure: String?) -> Void
    ) {
        self.name = name
        self.writer = writer
        self.logger = logger
        self.load = load
        self.finished = finished
    }

    /// Requests a reload and returns immediately.
    func requestReload() {
        let reloader = state.withLock { state in
            state.isRequested = state.reloader == nil
            return state.reloader
        }
        reloader?.request()
    }

    /// Requests a reload and waits until it has ended: everything is applied, or nothing.
    func reload() async -> ReloadResult {
        await withCheckedContinuation { continuation in
            waiters.add { continuation.resume(returning: $0) }
            requestReload()
        }
    }

    func run(submittingTo applier: PolicyApplier) async throws {
        let reloader = Reloader(
            deadline: Self.deadline,
            load: { [self] in Run(number: waiters.begin(), loaded: load()) },
            apply: { [self] in submit($0) },
            fail: { [self] failure in
                finished(failure.description)
                let result = ReloadResult(failure: failure.description)
                switch failure {
                case .abandoned: waiters.endRunning(result)
                case .refused: waiters.endWaiting(result)
                }
            }
        )
        defer {
            let result = ReloadResult(failure: PolicyRejection.stopping.description)
            waiters.endWaiting(result)
            waiters.endRunning(result)
        }
        let isRequested = state.withLock { state in
            state.reloader = reloader
            return state.isRequested
        }
        if isRequested { reloader.request() }
        // Runs until the task is cancelled.
        for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(3_600)) })
        {
            if Task.isCancelled { return }
        }
    }

    private func submit(_ run: Run) {
        let loaded = run.loaded
        for finding in loaded.findings {
            let level: Logger.Level = finding.severity == .error ? .error : .warning
            logger.log(level: level, "\(finding.line(in: loaded.file, withSeverity: false))")
        }
        var result = ReloadResult()
        result.errors = loaded.faults.map { $0.line(in: loaded.file, withSeverity: false) }
        result.warnings = loaded.warnings.map { $0.line(in: loaded.file, withSeverity: false) }
        guard let configuration = loaded.configuration else {
            finished(loaded.summary)
            result.failure = loaded.summary
            return waiters.end(run.number, result)
        }
        writer.submit(configuration) { [self, result] outcome in
            switch outcome {
            case .success(let outcome):
                finished(nil)
                Task {
                    await outcome.waitUntilObeyed()
                    waiters.end(run.number, result)
                }
            case .failure(let rejection):
                finished(rejection.description)
                var result = result
                result.failure = rejection.description
                waiters.end(run.number, result)
            }
        }
    }
}

extension LoadedConfiguration {
    /// `2 errors, first: office.cidrs:3:1: …`
    fileprivate var summary: String {
        let first = faults.first.map { ", first: \($0.line(in: file, withSeverity: false))" }
        return "\(faults.count.of("error"))\(first ?? "")"
    }
}
