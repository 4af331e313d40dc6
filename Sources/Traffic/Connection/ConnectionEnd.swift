

/// How a connection ended. The raw value stands in the access log and the metrics.
package enum ConnectionEnd: String, Hashable, Sendable, CaseIterable, Codable {
    /// Both sides said that they are done.
    case finished
    case clientReset
    case backendReset
    /// Nothing came back from the client's machine any more, or the network knew no way there.
    case clientUnreachable
    /// Nothing came back from the backend's machine any more, or the network knew no way there.
    case backendUnreachable
    /// Neither side sent a byte for the idle time.
    case idleTimeout
    /// One side had ended, and the other sent no byte for the half-closed time.
    case halfClosedTimeout
    /// The client took none of the bytes that waited for it, for the write time.
    case clientWriteTimeout
    /// The backend took none of the bytes that waited for it, for the write time.
    case backendWriteTimeout
    /// The client's source made the gateway hold more bytes than it may.
    case bufferLimit
    /// The gateway was told to stop, and the deadline for running sessions passed.
    case drained
    /// Refused; the reason says why.
    case denied
    /// Admitted once, but no more under the policy of now; the reason says why.
    case revoked
    /// An operator closed it.
    case closedByOperator
    /// The client left before a backend was connected.
    case clientLeft
    /// A load balancer's health probe: LOCAL, or nothing at all.
    case probe
    /// The gateway itself ran out of something (descriptors, memory).
    case resourceExhausted
}
