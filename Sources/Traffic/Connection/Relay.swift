import CIDRTrie

/// One of a relayed connection's two sides.
public enum RelaySide: Hashable, Sendable, CaseIterable {
    case client
    case backend

    public var opposite: RelaySide { self == .client ? .backend : .client }
}

/// How a side of a relayed connection failed.
public enum SideFailure: Hashable, Sendable {
    /// It broke the connection off.
    case reset
    /// Its machine is gone, or the way there.
    case unreachable
}

/// What the ends of streams and the failures of a relayed connection mean: decisions only, no
/// socket, clock or closure.
///
/// A connection has two directions, each named by the side that its bytes come from. The engine
/// reports the end of a source's stream, and a source's failure, when everything it had delivered
/// was passed on.
///
/// - The end of a stream is passed on as a half-close; when both streams have ended, so has the
///   connection.
/// - A source's failure (a reset) is passed on to the other side.
/// - A destination's failure ends only the direction toward it: what it sent before it stopped
///   reading, such as an HTTP server's early response, still reaches the other side. The connection
///   ends when that direction does: for a backend with a reset, because it must not take an aborted
///   upload for complete; for a client normally.
public struct Relay: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        /// The side's stream has ended, and was passed on whole.
        case endOfStream(from: RelaySide)
        /// Reading from the side failed; what it had sent was passed on.
        case readFailed(RelaySide, SideFailure)
        /// The side accepts no more bytes.
        case writeFailed(RelaySide, SideFailure)
    }

    public enum Action: Hashable, Sendable {
        case none
        /// Announce to this side that no more bytes will follow.
        case shutdownWrite(RelaySide)
        /// Close both sides.
        case finish(ConnectionEnd)
        /// Close both sides, but let the client read what it was sent first: unread bytes of its
        /// own would make a plain close a reset.
        case finishGently(ConnectionEnd)
        /// Close both sides with a reset.
        case abort(ConnectionEnd)
    }

    private enum Direction: Hashable { case flowing, ended, broken }

    private var fromClient = Direction.flowing
    private var fromBackend = Direction.flowing
    /// A side's first failure: the system reports the cause once, and later ones are its
    /// consequences.
    private var clientFailure: SideFailure?
    private var backendFailure: SideFailure?
    private var hasEnded = false

    public init() {}

    /// Whether one direction is over, and the other is not.
    public var isHalfClosed: Bool { (fromClient == .flowing) != (fromBackend == .flowing) }

    /// Whether the side's stream has ended, and was passed on whole.
    public func hasEnded(_ side: RelaySide) -> Bool { self[side] == .ended }

    /// Records an event and returns what the engine must do. Nothing follows after the end.
    public mutating func handle(_ event: Event) -> Action {
        guard !hasEnded else { return .none }
        let action = decide(event)
        switch action {
        case .finish, .finishGently, .abort: hasEnded = true
        case .none, .shutdownWrite: break
        }
        return action
    }

    private mutating func decide(_ event: Event) -> Action {
        switch event {
        case .endOfStream(let side): endOfStream(from: side)
        case .readFailed(let side, let failure): .abort(end(after: failure, of: side))
        case .writeFailed(let side, let failure): writeFailed(side, failure)
        }
    }

    /// How a connection ends if one side has failed. An earlier failure of the same side counts.
    public mutating func end(after failure: SideFailure, of side: RelaySide) -> ConnectionEnd {
        switch side {
        case .client:
            let first = clientFailure ?? failure
            clientFailure = first
            return first == .reset ? .clientReset : .clientUnreachable
        case .backend:
            let first = backendFailure ?? failure
            backendFailure = first
            return first == .reset ? .backendReset : .backendUnreachable
        }
    }

    private mutating func endOfStream(from side: RelaySide) -> Action {
        guard self[side] == .flowing else { return .none }
        self[side] = .ended
        switch self[side.opposite] {
        case .flowing: return .shutdownWrite(side.opposite)
        case .ended: return .finish(.finished)
        case .broken:
            let end = end(after: .reset, of: side)
            // A client that broke off must not look to the backend as if it had said all. A backend may
            // have answered early, and a reset would overtake that.
            return side == .client ? .abort(end) : .finishGently(end)
        }
    }

    private mutating func writeFailed(_ side: RelaySide, _ failure: SideFailure) -> Action {
        // The direction toward a side comes from the opposite one. If that has ended or failed
        // already, nothing is left that could fail.
        guard self[side.opposite] == .flowing else { return .none }
        self[side.opposite] = .broken
        let end = end(after: failure, of: side)
        return self[side] == .flowing ? .none : .abort(end)
    }

    private subscript(source: RelaySide) -> Direction {
        get { source == .client ? fromClient : fromBackend }
        set {
            switch source {
            case .client: fromClient = newValue
            case .backend: fromBackend = newValue
            }
        }
    }
}
