public import CIDRTrie

/// What a running gateway says of itself: the source of `/v1/status`, `/metrics` and
/// `sluice status`. All counts are since the start.
public struct GatewayStatus: Hashable, Sendable, Codable {
    public enum Phase: String, Hashable, Sendable, Codable {
        /// Its addresses are being bound; it does not accept yet.
        case starting
        case running, draining
    }

    public var version: String = ""
    public var phase: Phase = .running
    public var startedAt = UnixTime(seconds: 0)
    /// Goes up by one with each configuration that was put in force; 1 is the first.
    public var generation: Int = 0
    public var activeConnections: Int = 0
    public var shards: [ShardStatus] = []
    public var listeners: [ListenerStatus] = []
    /// Access-log lines that are missing: the log's reader was too slow, or its disk was full.
    public var droppedAccessLogLines: Int = 0
    /// Why access-log lines are being lost now; `nil` while they are written.
    public var accessLogFailure: String?
    /// How the last reload went; `nil` before the first.
    public var lastReload: ReloadStatus?
    /// What counts at the start only, as it was then.
    public var startSettings = StartSettings()
    /// The keys of ``startSettings`` that the configuration in force has changed: they wait for a
    /// restart.
    public var awaitingRestart: [String] = []
    /// Denied connections without a line in the access log, whose lines are limited.
    public var unloggedDenials: Int = 0
    /// Times that accepting was paused for want of descriptors (EMFILE, ENFILE).
    public var acceptPauses: Int = 0

    /// Bytes held for peers that had not taken them when they were last looked at.
    public var bufferedByteCount: Int = 0

    public init() {}
}

/// How the last attempt to put another configuration in force went.
public struct ReloadStatus: Hashable, Sendable, Codable {
    public var attemptedAt: UnixTime
    /// Why nothing changed; `nil` if it did.
    public var failure: String?
    /// When a reload last succeeded; `nil` if none has yet.
    public var succeededAt: UnixTime?

    public init(attemptedAt: UnixTime, failure: String?, succeededAt: UnixTime?) {
        self.attemptedAt = attemptedAt
        self.failure = failure
        self.succeededAt = succeededAt
    }
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

/// What happened at one listener on the way to one service. A listener that leads to several has as
/// many of these, and one more for the clients that took no route.
public struct ListenerStatus: Hashable, Sendable, Codable {
    /// `nil` for clients that took no route.
    public var warehouse: String?
    public var address: String = ""
    public var `protocol`: ServiceProtocol = .tcp
    public var link: LinkKind = .public
    /// By what clients are told to come this way: `default`, `endpoint: aws:vpce-…`.
    public var routes: [String] = []
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
    /// The listener inside which it is written; `nil` if it is of a service to which several may lead.
    public var listener: String?
    public var health: Health = .healthy
    public var mode: BackendMode = .active
    /// Whether an operator has set the mode since the start; else the configuration says it.
    public var isModeChosen = false
    /// Its share, in relation to the others' weights.
    public var weight: Int = 1
    /// Whether it is used only while none of the others can be.
    public var isBackup = false
    public var activeConnections: Int = 0
    public var connections: UInt64 = 0
    public var connectFailures: UInt64 = 0
    /// Why a connect or a check last failed, or the name is unresolved. It stays when the backend is
    /// healthy again: see ``lastFailureAt``.
    public var lastFailure: String?
    /// When that was; `nil` for an unresolved name.
    public var lastFailureAt: UnixTime?

    public init() {}
}
