import Glibc

/// What the process asks of the system before it serves.
enum ProcessSettings {
    static func apply() throws(ServiceError) {
        // A log's reader that has gone is an error of one write, not the end of the gateway.
        _ = signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
    }

    /// Each session takes two descriptors; the soft limit is often 1,024 (getrlimit(2)).
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        // If the system refuses, the data plane lives within what there is.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
