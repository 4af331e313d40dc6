import Dispatch
import Glibc
import Sockets
import Synchronization

/// The signals that control a gateway, handled on a dedicated thread, so that nothing
/// that blocks delays a signal.
///
/// Each handler is called on that thread and returns immediately.
final class ControlSignals: Sendable {
    struct Handlers: Sendable {
        var reload: (@Sendable () -> Void)?
        var reopenLogs: (@Sendable () -> Void)?
        var stop: (@Sendable () -> Void)?
    }

    private struct State {
        var plan = SignalPlan()
        var handlers = Handlers()
        /// A signal may arrive before it is awaited.
        var isStopped = false
        var isReloadMissed = false
    }

    private let state = Mutex(State())

    /// The process' own; a second gateway in one process hears the same signals. The error is the
    /// system's, which had no descriptors left.
    static let shared = Result<ControlSignals, SystemError> { () throws(SystemError) in
        try ControlSignals()
    }

    private init() throws(SystemError) {
        let signals = try ProcessSignals(catching: SignalPlan.signals)
        DispatchQueue(label: "sluice.signals").async { [self] in
            while let signal = signals.next() { handle(signal) }
        }
    }

    /// Installs the handlers, and calls them for signals that have already arrived.
    func handle(by handlers: Handlers) {
        let missed = state.withLock { state in
            state.handlers = handlers
            defer { if handlers.reload != nil { state.isReloadMissed = false } }
            return (reload: state.isReloadMissed, stop: state.isStopped)
        }
        if missed.reload { handlers.reload?() }
        if missed.stop { handlers.stop?() }
    }

    private func handle(_ signal: Int32) {
        let (action, handlers) = state.withLock { state in
            let action = state.plan.action(for: signal)
            if action == .stop { state.isStopped = true }
            if action == .reload, state.handlers.reload == nil { state.isReloadMissed = true }
            return (action, state.handlers)
        }
        switch action {
        case .reload: handlers.reload?()
        case .reopenLogs: handlers.reopenLogs?()
        case .stop: handlers.stop?()
        case .exit: _exit(EXIT_FAILURE)
        case nil: break
        }
    }
}

/// What each signal makes a gateway do.
struct SignalPlan {
    enum Action: Equatable {
        case reload, reopenLogs
        /// Drain and end.
        case stop
        /// Exit immediately: the operator has requested it twice.
        case exit
    }

    /// SIGUSR2 has no meaning, and must not end the process: others' log rotation sends it.
    static let signals = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT]

    private var isStopping = false

    mutating func action(for signal: Int32) -> Action? {
        switch signal {
        case SIGHUP: return isStopping ? .reopenLogs : .reload
        case SIGUSR1: return .reopenLogs
        case SIGTERM, SIGINT:
            defer { isStopping = true }
            return isStopping ? .exit : .stop
        default: return nil
        }
    }
}
