import Glibc
import Settings
import Sockets
import Text
import Traffic

/// Process-wide settings made before serving.
enum ProcessSettings {
    static func apply() {
        // If a log's reader is gone, that is an error of one write, not the end of the gateway.
        _ = signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        ProcessMemory.returnLargeBlocks()
    }

    /// Each session uses two descriptors; the soft limit is often 1,024 (getrlimit(2)).
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        // If the system refuses, the data plane makes do with the current limit.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// What a gateway with one listener and one worker per CPU needs.
    static var usualDescriptorCount: Int {
        let processors = ProcessLimits.processors()
        return DescriptorNeeds(workers: processors, eventLoops: processors, listeners: 1).count
    }

    /// Divides the descriptors, and refuses to start a gateway that would run out at startup.
    ///
    /// - Parameter topology: `nil` before it is loaded, for the minimum of any configuration.
    @discardableResult
    static func planDescriptors(for topology: Topology? = nil)
        throws(ServiceError) -> DescriptorPlan
    {
        let limit: Int
        do throws(SystemError) {
            limit = try ProcessLimits.descriptors()
        } catch {
            throw .cannotStart("cannot read the open file limit: \(error)")
        }
        let processors = ProcessLimits.processors()
        let shards = topology?.engine.shards ?? 1
        let needs = DescriptorNeeds(
            workers: shards > 0 ? shards : processors,
            eventLoops: processors,
            listeners: (topology?.listeners.count ?? 0) + (topology?.names?.descriptorCount ?? 0)
        )
        if let obstacle = needs.obstacle(limit: limit) { throw .cannotStart(obstacle) }
        return DescriptorPlan(
            limit: limit,
            fixedCount: needs.count,
            nameClients: topology?.names.map { $0.listen.isEmpty ? 0 : $0.limits.connections } ?? 0
        )
    }
}

extension NameServiceSettings {
    /// Two sockets for each address, and the thread's epoll set with what ends its wait.
    fileprivate var descriptorCount: Int { listen.isEmpty ? 0 : 2 * listen.count + 3 }
}

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
