import Glibc

/// The signals that a thread does not take, and with it the processes that it starts.
enum SignalMask {
    /// Runs `body` with no signal blocked. Dispatch blocks all of them on its threads, and a server
    /// that inherits this never sees the SIGTERM that should end it.
    static func withNothingBlocked(_ body: () throws -> Void) rethrows {
        var nothing = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&nothing)
        unsafe pthread_sigmask(SIG_SETMASK, &nothing, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }
}
