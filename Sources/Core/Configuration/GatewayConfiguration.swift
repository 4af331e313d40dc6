public import Addresses

/// A gateway's whole configuration, validated: no faulty value exists in this form.
///
/// It is made from a file by ``ConfigurationDecoder`` and from nothing else.
public struct GatewayConfiguration: Hashable, Sendable {
    /// Where the management API, `/metrics` and the health pages answer; `nil` for nowhere.
    public var management: SocketAddress?
    /// The file or the etcd prefix that holds state; the program's default where `nil`.
    public var state: String?
    /// Who may change policy.
    public var policy: PolicyAuthority
    public var log: LogSettings
    public var limits: ConnectionLimits
    public var timeouts: Timeouts
    public var keepalive: Keepalive
    public var engine: EngineSettings
    public var warehouses: [Warehouse]

    public init(
        management: SocketAddress? = nil,
        state: String? = nil,
        policy: PolicyAuthority = .file,
        log: LogSettings = LogSettings(),
        limits: ConnectionLimits = ConnectionLimits(),
        timeouts: Timeouts = Timeouts(),
        keepalive: Keepalive = Keepalive(),
        engine: EngineSettings = EngineSettings(),
        warehouses: [Warehouse]
    ) {
        self.management = management
        self.state = state
        self.policy = policy
        self.log = log
        self.limits = limits
        self.timeouts = timeouts
        self.keepalive = keepalive
        self.engine = engine
        self.warehouses = warehouses
    }
}

/// Where the policy that counts is written down.
public enum PolicyAuthority: String, Hashable, Sendable, CaseIterable {
    /// The configuration file; the API refuses to write.
    case file
    /// The store; the file only seeds it.
    case store
}

/// What is logged and where to.
public struct LogSettings: Hashable, Sendable {
    public enum Level: String, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error
    }
    public enum Format: String, Hashable, Sendable, CaseIterable { case json, text }
    /// Where the access log goes, one line for each connection.
    public enum AccessLog: Hashable, Sendable { case off, stdout, stderr, file(path: String) }

    public var level: Level = .info
    public var format: Format = .text
    public var access: AccessLog = .stdout

    public init() {}
}

/// How many connections are let in. Each limit's 0 means no limit.
public struct ConnectionLimits: Hashable, Sendable {
    /// At the same time, over all listeners.
    public var connections = 100_000
    /// At the same time, from one source: an IPv4 address or an IPv6 /64.
    public var connectionsPerSource = 1_000
    /// New ones each second from one source; twice as many may come in one burst.
    public var connectRatePerSource = 200

    public init() {}
}

/// How long the gateway waits.
public struct Timeouts: Hashable, Sendable {
    /// From accept to a complete PROXY header; a listener may set its own.
    public var header: Duration = .seconds(5)
    /// For one attempt to connect to one backend.
    public var connect: Duration = .seconds(5)
    /// Without a byte in either direction. Above the 8 hours of `wait_timeout` by default.
    public var idle: Duration = .seconds(9 * 3600)
    /// For running sessions, once the gateway was told to stop.
    public var drain: Duration = .seconds(30)

    public init() {}
}

/// TCP keepalive, on the client's and the backend's side (tcp(7)).
public struct Keepalive: Hashable, Sendable {
    /// Quiet time before the first probe. Below the 240 s after which Azure cuts.
    public var idle: Duration = .seconds(120)
    public var interval: Duration = .seconds(30)
    /// Unanswered probes after which the connection counts as dead.
    public var count = 4

    public init() {}
}

/// How the data plane is laid out.
public struct EngineSettings: Hashable, Sendable {
    /// Workers; 0 for one for each processor.
    public var shards = 0
    /// How long a shard waits in its own `epoll_wait` before it goes back to Dispatch.
    public var linger: Duration = .milliseconds(20)
    /// Bytes of each shard's shared read buffer.
    public var scratchByteCount = 65_536
    /// Bytes of the pipe that a splicing direction uses.
    public var pipeByteCount = 1_048_576

    public init() {}
}
