import Text

/// How many descriptors a gateway uses before its first client connects. With fewer it must not
/// start: Dispatch and the HTTP library end the process if they cannot have theirs.
struct DescriptorNeeds {
    var workers: Int
    /// The HTTP library's, one per CPU.
    var eventLoops: Int
    var listeners: Int

    /// Standard streams, signals, Dispatch, the access log, a spare one; temporary files and
    /// connections: lists, health checks, requests to the management address.
    private static let constant = 29

    var count: Int {
        // Each worker and each event loop has an epoll set, an eventfd and a timerfd.
        Self.constant + 3 * (workers + eventLoops) + listeners
    }

    /// Why a process with this limit cannot serve; `nil` if it can.
    func obstacle(limit: Int) -> String? {
        guard limit < count else { return nil }
        return "the open file limit is \(limit), but \(count) are needed for"
            + " \(workers.of("worker")) and \(listeners.of("listener")), plus 2 per connection"
            + " (raise it with ulimit -n, or LimitNOFILE= in the systemd unit)"
    }
}
