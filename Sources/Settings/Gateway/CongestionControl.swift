/// Which congestion control the gateway's sockets use (RFC 5681; TCP_CONGESTION, tcp(7)).
package enum CongestionControl: Hashable, Sendable {
    /// The system's, but over the loopback interface none that paces: there is nothing to congest,
    /// and each 64 KiB would wait for a timer.
    case automatic
    /// The system's everywhere.
    case system
    /// The kernel's of that name everywhere, such as `cubic` or `bbr`.
    case named(String)
}
