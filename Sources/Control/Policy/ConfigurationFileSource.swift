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

    private struct State {
        /// `nil` until an applier is set.
        var reloader: Reloader<LoadedConfiguration>?
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

    func run(submittingTo applier: PolicyApplier) async throws {
        let reloader = Reloader(
            deadline: Self.deadline,
            load: load,
            apply: { [self] in submit($0) },
            fail: { [self] in finished($0.description) }
        )
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

    private func submit(_ loaded: LoadedConfiguration) {
        for finding in loaded.findings {
            let level: Logger.Level = finding.severity == .error ? .error : .warning
            logger.log(level: level, "\(finding.line(in: loaded.file, withSeverity: false))")
        }
        guard let configuration = loaded.configuration else {
            return finished(loaded.summary)
        }
        writer.submit(configuration) { [finished] result in
            switch result {
            case .success: finished(nil)
            case .failure(let rejection): finished(rejection.description)
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
