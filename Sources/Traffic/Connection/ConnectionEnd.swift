/// How a connection ended. The raw value is used in the access log and the metrics.
public enum ConnectionEnd: String, Hashable, Sendable, CaseIterable, Codable {
    /// Both sides said that they are done.
    case finished
    case clientReset
    case backendReset
    /// The client's machine stopped responding, or the network had no route to it.
    case clientUnreachable
    /// The backend's machine stopped responding, or the network had no route to it.
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
    /// The gateway was stopped, and the deadline for running sessions passed.
    case drained
    /// Denied; see the reason.
    case denied
    /// Admitted at first, but not by the current policy; see the reason.
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
