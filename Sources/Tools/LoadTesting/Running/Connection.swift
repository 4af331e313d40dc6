import Sockets

/// One connection of a worker.
struct Connection<Talk: Conversation> {
    enum Stage {
        case connecting
        /// Established; the PROXY header has not been sent completely.
        case introducing
        /// The conversation has begun but is not ready for operations.
        case preparing
        /// No operation is running.
        case ready
        case operating
        /// Its operation succeeds at the deadline if nothing happens before.
        case holding
    }

    let socket: Socket
    let openedAt: Int64
    var talk: Talk
    var stage = Stage.connecting
    /// The PROXY header, sent before everything else.
    var header: Outgoing
    var outgoing = Outgoing.none
    /// From when the latency of the operation counts; `nil` if none is running or waiting for the
    /// connection.
    var operationBegan: Int64?
    var operationCount = 0
    /// Whether the peer has closed its direction: a new operation would get no answer.
    var peerHasEnded = false
    /// When it times out or, if it is held, has succeeded, in nanoseconds of the monotonic clock.
    var deadline: Int64
    /// Since when it is held; `nil` if it is not.
    var heldSince: Int64?
    /// Whether another connection may be opened only after this one has ended.
    var hasSeat = true

    /// Whether it has been ready for an operation.
    var hasBeenReady: Bool {
        switch stage {
        case .connecting, .introducing, .preparing: false
        case .ready, .operating, .holding: true
        }
    }
}

/// How long a connection is used.
enum ConnectionLife: Hashable, Sendable {
    /// Opened at the run's start, and again if it ends. In a closed loop, an operation never waits for
    /// a connect.
    case persistent
    /// Opened for an operation, which counts from before the connect, then used for this many.
    case operations(Int)

    static func keeping(_ keeps: Bool) -> Self { keeps ? .persistent : .operations(1) }

    /// - Parameter count: `nil` for no limit.
    static func serving(_ count: Int?) -> Self { count.map { .operations($0) } ?? .persistent }

    /// Whether a connection that served `count` operations may serve another.
    func permits(after count: Int) -> Bool {
        switch self {
        case .persistent: true
        case .operations(let limit): count < limit
        }
    }
}

/// Free connections, the longest free first, so that load is spread over all of them.
///
/// A connection that ends stays in the queue until its turn, when its key is no longer valid. At most
/// half of the memory is unused; nothing is allocated once it has grown.
struct KeyQueue<Element> {
    private var keys: [SlotTable<Element>.Key] = []
    private var head = 0

    var isEmpty: Bool { head == keys.count }

    mutating func append(_ key: SlotTable<Element>.Key) {
        if head > 64, head * 2 > keys.count {
            keys.removeSubrange(..<head)
            head = 0
        }
        keys.append(key)
    }

    mutating func popFirst() -> SlotTable<Element>.Key? {
        guard head < keys.count else { return nil }
        defer { head += 1 }
        return keys[head]
    }
}

/// A connection's key in the 64 bits that epoll(7) returns. The highest values are reserved, and no
/// key reaches them: generations stay below 2^30.
struct WorkerToken<Element> {
    let rawValue: UInt64

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(_ key: SlotTable<Element>.Key) {
        rawValue = UInt64(key.generation) << 32 | UInt64(key.index)
    }

    var key: SlotTable<Element>.Key {
        SlotTable.Key(
            index: UInt32(truncatingIfNeeded: rawValue),
            generation: UInt32(truncatingIfNeeded: rawValue >> 32)
        )
    }
}
