/// How long the gateway waits.
package struct Timeouts: Hashable, Sendable {
    /// From accept to a complete PROXY header; a listener may set its own.
    package var header: Duration = .seconds(5)
    /// For one attempt to connect to one backend.
    package var connect: Duration = .seconds(5)
    /// Without a byte in either direction. Above the 8 hours of `wait_timeout` by default.
    package var idle: Duration = .seconds(9 * 3600)
    /// Without a byte, once one side has ended and the other has not.
    package var halfClosed: Duration = .seconds(300)
    /// While bytes wait for a peer that reads none of them.
    package var write: Duration = .seconds(600)
    /// For running sessions once the gateway stops.
    package var drain: Duration = .seconds(30)

    /// The defaults of the configuration file.
    package init() {}
}

/// TCP keepalive, on the client's and the backend's side (tcp(7)). Whole seconds.
package struct Keepalive: Hashable, Sendable {
    /// Quiet time before the first probe. Below the 240 s after which Azure cuts.
    package var idle: Duration = .seconds(120)
    /// Between two unanswered probes.
    package var interval: Duration = .seconds(30)
    /// Unanswered probes after which the connection counts as dead.
    package var count = 4

    /// The defaults of the configuration file.
    package init() {}
}
