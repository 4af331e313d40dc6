import Text

/// How many descriptors a gateway takes before its first client comes. Below that it must not
/// start: Dispatch and the HTTP library end the process if they cannot have theirs.
struct DescriptorNeeds {
    var workers: Int
    /// The HTTP library's, one for each processor.
    var eventLoops: Int
    var listeners: Int

    /// Standard streams, signals, Dispatch, the access log, a spare one; files and connections that
    /// come and go: lists, health checks, questions to the management address.
    private static let constant = 29

    var count: Int {
        // Each worker and each event loop has an epoll set, an eventfd and a timerfd.
        Self.constant + 3 * (workers + eventLoops) + listeners
    }

    /// Why a process with this limit cannot serve; `nil` if it can.
    func obstacle(limit: Int) -> String? {
        guard limit < count else { return nil }
        return "the limit of open files is \(limit), but \(count) are needed"
            + " (\(workers.of("worker")) and \(listeners.of("listener"))), and 2 more for each"
            + " connection; raise it (ulimit -n, or LimitNOFILE of the systemd unit)"
    }
}
