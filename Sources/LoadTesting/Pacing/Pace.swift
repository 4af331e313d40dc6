/// What decides when the next operation begins.
package enum Pace: Hashable, Sendable {
    /// As soon as a connection is free. A slow answer delays the next question, so a stall is seen
    /// once for each connection, however many requests it would have met.
    case closedLoop
    /// So many a second, at fixed times, whatever the answers do. What cannot begin when it is due
    /// waits, and its latency counts from when it was due ("How NOT to Measure Latency", Gil Tene).
    case openLoop(perSecond: Double)
    /// Never: connections are only held.
    case none
}
