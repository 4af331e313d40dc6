import Addresses
import Operations
import Sockets
import Synchronization
import Traffic

/// Messages to a shard.
enum ShardMessage: Sendable {
    /// A client that another shard accepted for this one.
    case accepted(Socket, peer: SocketAddress, listener: ListenerID)
    /// The policy and routes for every new connection.
    case install(Snapshot, Adoption)
    case listen(ListenerID, ListeningSocket)
    /// Accepts what already waits in the backlog, then stops accepting.
    case stopListening(ListenerID)
    /// Looks at every connection, a slice at a time.
    case sweep(SessionSweep)
    /// Runs between two events, with all that the shard has.
    case perform(@Sendable (Shard) -> Void)
    case closeAll(ConnectionEnd)
    case retire
}

/// A shard as others see it: a mailbox, its load and its counts. May be used on any thread.
final class ShardPort: Sendable {
    let number: Int
    let gauges = ShardGauges()
    let epoll: Epoll
    private let messages = Locked<[ShardMessage]>([])
    private let connections = Atomic<Int>(0)
    private let retirement = Atomic<Bool>(false)

    init(number: Int) throws(SystemError) {
        self.number = number
        epoll = try Epoll(
            wakeToken: EventToken.wake.rawValue,
            timerToken: EventToken.timer.rawValue
        )
    }

    /// Sends the shard a message.
    ///
    /// A lingering shard waits in its own `epoll_wait`, not in its queue: a message must wake that.
    func post(_ message: ShardMessage) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { epoll.signal() }
    }

    /// Removes and returns all messages, in the order in which they were posted. Called by the
    /// shard only.
    func takeMessages() -> [ShardMessage] {
        epoll.clearSignal()
        return messages.withLock { messages in
            let all = messages
            messages = []
            return all
        }
    }

    /// Whether the shard has handed over its last record and is idle for good.
    var isRetired: Bool { retirement.load(ordering: .acquiring) }

    func recordRetired() {
        retirement.store(true, ordering: .releasing)
    }

    /// Connections that the shard has or is about to get.
    var activeConnections: Int { connections.load(ordering: .relaxed) }

    func assignConnection() {
        connections.add(1, ordering: .relaxed)
    }

    func releaseConnection() {
        connections.subtract(1, ordering: .relaxed)
    }

    var status: ShardStatus {
        var status = gauges.status
        status.activeConnections = activeConnections
        return status
    }
}

extension [ShardPort] {
    /// The port that a new client should go to: `own`, unless another has clearly less to do, for a
    /// hand-over costs a wake-up.
    func leastLoaded(from own: ShardPort) -> ShardPort {
        var least = own
        for port in self where port.activeConnections < least.activeConnections { least = port }
        let tolerated = least.activeConnections + 2 + least.activeConnections / 8
        return own.activeConnections > tolerated ? least : own
    }
}
