public import Addresses
internal import CSockets
internal import Glibc

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

/// What the system answered to a call that failed (errno(3)).
public struct SystemError: Error, Hashable, Sendable {
    /// One of errno(3)'s positive numbers.
    public let code: Int32

    @inlinable
    public init(code: Int32) {
        self.code = code
    }

    /// Whether the process or the system is out of descriptors, buffers or memory: not caused by
    /// this connection, and likely to pass (accept(2)).
    public var isExhaustion: Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code)
    }

    /// Whether no local address, or no port of it, is left to connect from (connect(2), bind(2)).
    public var isAddressNotAvailable: Bool { code == EADDRNOTAVAIL }

    /// Whether nothing came back from the peer, in time or at all: its machine or the way there is
    /// gone (ip(7), tcp(7)). Otherwise the peer, or its system, has ended the connection itself.
    public var isPeerUnreachable: Bool {
        [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ENONET].contains(code)
    }

    /// Whether nobody listens at a local socket, or nobody that this process may connect to
    /// (connect(2), unix(7)).
    public var isNobodyListening: Bool {
        [ECONNREFUSED, ENOENT, EACCES, EPERM, ENOTSOCK].contains(code)
    }

    /// The peer has broken the connection off.
    public static let connectionReset = SystemError(code: ECONNRESET)

    /// Whether the peer has dropped an established connection.
    public var isConnectionReset: Bool { [ECONNRESET, EPIPE].contains(code) }

    /// Another socket has the address (bind(2)).
    public static let addressInUse = SystemError(code: EADDRINUSE)

    /// There is no memory for something that is needed.
    static let outOfMemory = SystemError(code: ENOMEM)

    /// Turns a call's result, `-errno` for a failure, into the result or the error.
    @usableFromInline
    @discardableResult
    static func check<Result: BinaryInteger>(_ result: Result) throws(SystemError) -> Result {
        guard result >= 0 else { throw SystemError(code: Int32(truncatingIfNeeded: 0 - result)) }
        return result
    }
}

extension SystemError: CustomStringConvertible {
    /// The system's text, for the middle of a sentence: `address already in use`.
    public var description: String {
        let text = unsafe String(cString: strerror(code))
        // An abbreviation keeps its case.
        let isWord = text.dropFirst().first?.isLowercase ?? false
        return isWord ? text.prefix(1).lowercased() + text.dropFirst() : text
    }
}
