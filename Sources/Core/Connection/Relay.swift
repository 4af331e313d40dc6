/// One of a relayed connection's two sides.
public enum RelaySide: Hashable, Sendable, CaseIterable {
    case client
    case backend

    public var opposite: RelaySide { self == .client ? .backend : .client }
}

/// What the ends of streams and the failures of a relayed connection mean: decisions only, no
/// socket, clock or closure.
///
/// A connection has two directions, each named by the side that its bytes come from. The engine
/// tells the end of a source's stream, and a source's failure, when all that it had delivered was
/// passed on.
///
/// - The end of a stream is passed on as a half-close; when both streams have ended, so has the
///   connection.
/// - A source's failure (a reset) is passed on to the other side.
/// - A destination's failure ends only the direction towards it: what it has sent before it stopped
///   reading, such as an HTTP server's early answer, still reaches the other side. The connection
///   ends when that direction does.
public struct Relay: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        /// The side's stream has ended, and was passed on whole.
        case endOfStream(from: RelaySide)
        /// Reading from the side failed; what it had sent was passed on.
        case readFailed(RelaySide)
        /// The side takes nothing any more.
        case writeFailed(RelaySide)
    }

    public enum Action: Hashable, Sendable {
        case none
        /// Say to this side that no more bytes will come.
        case shutdownWrite(RelaySide)
        /// Close both sides.
        case finish(ConnectionEnd)
        /// Close both sides, but let the client read what it was sent first: bytes of its own that
        /// nobody took would make a plain close a reset.
        case finishGently(ConnectionEnd)
        /// Close both sides with a reset.
        case abort(ConnectionEnd)
    }

    private enum Direction: Hashable { case flowing, ended, broken }

    private var fromClient = Direction.flowing
    private var fromBackend = Direction.flowing
    private var hasEnded = false

    public init() {}

    /// Whether one direction is over, and the other is not.
    public var isHalfClosed: Bool { (fromClient == .flowing) != (fromBackend == .flowing) }

    /// Takes note of an event and says what the engine must do. After the end nothing follows.
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
        case .readFailed(let side): .abort(Self.reset(by: side))
        case .writeFailed(let side): writeFailed(side)
        }
    }

    private mutating func endOfStream(from side: RelaySide) -> Action {
        guard self[side] == .flowing else { return .none }
        self[side] = .ended
        switch self[side.opposite] {
        case .flowing: return .shutdownWrite(side.opposite)
        case .ended: return .finish(.finished)
        case .broken: return .finishGently(Self.reset(by: side))
        }
    }

    private mutating func writeFailed(_ side: RelaySide) -> Action {
        // The direction towards a side comes from the opposite one. Where that has ended or failed
        // already, nothing is left that could fail.
        guard self[side.opposite] == .flowing else { return .none }
        self[side.opposite] = .broken
        return self[side] == .flowing ? .none : .abort(Self.reset(by: side))
    }

    private static func reset(by side: RelaySide) -> ConnectionEnd {
        side == .client ? .clientReset : .backendReset
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
