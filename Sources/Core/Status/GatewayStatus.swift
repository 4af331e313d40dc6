public import CIDRTrie

/// What a running gateway says of itself: the source of `/v1/status`, `/metrics` and
/// `sluice status`. All counts are since the start.
public struct GatewayStatus: Hashable, Sendable, Codable {
    public enum Phase: String, Hashable, Sendable, Codable { case running, draining }

    public var version: String = ""
    public var phase: Phase = .running
    public var startedAt = UnixTime(seconds: 0)
    /// Goes up by one with each configuration that was put in force; 1 is the first.
    public var generation: Int = 0
    public var activeConnections: Int = 0
    public var shards: [ShardStatus] = []
    public var listeners: [ListenerStatus] = []
    /// Access-log lines that were dropped because the log's reader was too slow.
    public var droppedAccessLogLines: Int = 0
    /// Denied connections without a line in the access log, whose lines are limited.
    public var unloggedDenials: Int = 0
    /// Times that accepting was paused for want of descriptors (EMFILE, ENFILE).
    public var acceptPauses: Int = 0

    public init() {}
}

/// One of the data plane's workers.
public struct ShardStatus: Hashable, Sendable, Codable {
    public var activeConnections: Int = 0
    public var bytesIn: UInt64 = 0
    public var bytesOut: UInt64 = 0
    /// Times that the shard returned from `epoll_wait` with events.
    public var wakeups: UInt64 = 0

    public init() {}
}

public struct ListenerStatus: Hashable, Sendable, Codable {
    public var warehouse: String = ""
    public var address: String = ""
    public var `protocol`: Listener.ServiceProtocol = .tcp
    public var link: LinkKind = .public
    public var activeConnections: Int = 0
    public var accepted: UInt64 = 0
    public var admitted: UInt64 = 0
    /// Only the reasons that occurred, by ``DenialReason``'s raw value.
    public var denied: [String: UInt64] = [:]
    /// By ``ConnectionEnd``'s raw value.
    public var ends: [String: UInt64] = [:]
    public var bytesIn: UInt64 = 0
    public var bytesOut: UInt64 = 0
    public var backends: [BackendStatus] = []

    public init() {}
}

public struct BackendStatus: Hashable, Sendable, Codable {
    /// The last result; it stays until another one comes.
    public enum Health: String, Hashable, Sendable, Codable {
        /// The first health check is still to come.
        case notChecked
        case healthy
        case unhealthy
        /// The name has no address that may be used; ``BackendStatus/lastFailure`` says why.
        case unresolved
    }

    /// As configured.
    public var name: String = ""
    /// As resolved; several for a name with several addresses.
    public var address: String?
    public var health: Health = .healthy
    public var activeConnections: Int = 0
    public var connections: UInt64 = 0
    public var connectFailures: UInt64 = 0
    /// Why it is, or last was, unhealthy or unresolved.
    public var lastFailure: String?

    public init() {}
}
