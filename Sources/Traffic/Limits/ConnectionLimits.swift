/// How many connections are let in. Each limit's 0 means no limit.
public struct ConnectionLimits: Hashable, Sendable {
    /// At the same time, over all listeners.
    public var connections = 100_000
    /// At the same time, from one source: an IPv4 address or an IPv6 /64.
    public var connectionsPerSource = 1_000
    /// New ones per second from one source; bursts of twice as many are allowed.
    public var connectRatePerSource = 2_000
    /// Bytes held for one source's connections, whose peers do not take them.
    public var bufferPerSource = 268_435_456

    /// The defaults of the configuration file.
    public init() {}
}
