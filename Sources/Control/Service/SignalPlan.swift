import Glibc

/// What each signal makes a gateway do.
struct SignalPlan {
    enum Action: Equatable {
        case reload, reopenLogs
        /// Drain and end.
        case stop
        /// Exit immediately: the operator has asked twice.
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
