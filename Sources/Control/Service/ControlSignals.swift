import Dispatch
import Glibc
import Sockets
import Synchronization

/// The signals that steer a gateway, heard by a thread that does nothing else: whatever blocks, the
/// next signal is heard.
///
/// Each handler is called on that thread and returns at once.
final class ControlSignals: Sendable {
    struct Handlers: Sendable {
        var reload: (@Sendable () -> Void)?
        var reopenLogs: (@Sendable () -> Void)?
        var stop: (@Sendable () -> Void)?
    }

    private struct State {
        var plan = SignalPlan()
        var handlers = Handlers()
        /// A signal may come before somebody waits for it.
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

    /// From now on these are called, at once if they were asked for already.
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
