public import Addresses

/// The outcome of one non-blocking read.
public enum ReadOutcome: Equatable, Sendable {
    /// At least one byte.
    case bytes(count: Int)
    case wouldBlock
    case endOfStream
    case failed(SystemError)
}

/// The outcome of one non-blocking write.
public enum WriteOutcome: Equatable, Sendable {
    /// Perhaps fewer than were offered.
    case bytes(count: Int)
    case wouldBlock
    case failed(SystemError)
}

/// The outcome of one non-blocking accept.
public enum AcceptOutcome: Equatable, Sendable {
    case accepted(Socket, peer: SocketAddress)
    case wouldBlock
    /// That client is gone, or the network failed for it: the next one may be fine (accept(2)).
    case clientLost
    /// See ``SystemError/isExhaustion``.
    case exhausted(SystemError)
    case failed(SystemError)
}

/// The outcome of starting a non-blocking connect.
public enum ConnectOutcome: Equatable, Sendable {
    case connected
    /// The socket becomes writable when it is connected or has failed.
    case inProgress
    case failed(SystemError)
}
