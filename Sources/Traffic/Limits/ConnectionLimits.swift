/// How many connections are let in. Each limit's 0 means no limit.
package struct ConnectionLimits: Hashable, Sendable {
    /// At the same time, over all listeners.
    package var connections = 100_000
    /// At the same time, from one source: an IPv4 address or an IPv6 /64.
    package var connectionsPerSource = 1_000
    /// New ones each second from one source; twice as many may come in one burst.
    package var connectRatePerSource = 2_000
    /// Bytes held for one source's connections, whose peers do not take them.
    package var bufferPerSource = 268_435_456

    /// The defaults of the configuration file.
    package init() {}
}
