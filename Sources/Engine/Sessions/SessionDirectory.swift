package import Addresses
package import Settings
import Synchronization
package import Traffic

/// The sessions of clients that the gateway has greeted, by the ids that their clients know them by
/// and kill them by. Shared by all shards: a KILL comes over another connection than the one that it
/// is for.
final class SessionDirectory: Sendable {
    /// A session as a KILL needs it.
    struct Entry {
        let backend: Backend
        let service: Service.ID
        let session: WatchedSession
    }

    /// The highest 8 bits of every id of this process, so that of several gateways before the same
    /// servers each recognizes its own. A server's own ids are smaller than any with a prefix that is
    /// not 0, unless it has run for very long. The highest bit stays clear: MariaDB's Connector/J
    /// takes an id for a signed number, and would kill another one.
    private static let prefixRange: ClosedRange<UInt32> = 1...127
    private static let prefixShift: UInt32 = 24

    private let prefix: UInt32
    private let last = Atomic<UInt32>(0)
    private let entries = Locked<[UInt32: Entry]>([:])

    init() {
        prefix = UInt32.random(in: Self.prefixRange) << Self.prefixShift
    }

    /// An id that no running session has.
    func makeID() -> UInt32 {
        while true {
            let number = last.add(1, ordering: .relaxed).newValue
            let id = prefix | number & (1 << Self.prefixShift - 1)
            if number & (1 << Self.prefixShift - 1) != 0, entries.withLock({ $0[id] == nil }) {
                return id
            }
        }
    }

    func insert(_ entry: Entry, as id: UInt32) {
        entries.withLock { $0[id] = entry }
    }

    func remove(_ id: UInt32) {
        entries.withLock { $0[id] = nil }
    }

    /// Where a session is that a client wants to kill.
    enum Finding {
        case certain(KillTarget)
        /// At another backend, which has to be asked over a connection of the gateway's own.
        case elsewhere(Entry)
    }

    /// Where the session `id` is, for a client that wants to kill it from `own`: its own sessions
    /// only, which are those of the same user at the same service.
    func find(_ id: UInt32, from own: Entry) -> Finding {
        guard id >> Self.prefixShift == prefix >> Self.prefixShift else {
            return .certain(.foreign)
        }
        guard let entry = entries.withLock({ $0[id] }), entry.service == own.service,
            entry.session.user != nil, entry.session.user == own.session.user
        else { return .certain(.unknown) }
        guard entry.backend === own.backend else { return .elsewhere(entry) }
        return .certain(.here(threadID: entry.session.threadID))
    }
}

/// A session that a client of its user may end, but cannot reach: its own connection leads to another
/// backend.
package struct RemoteKill: Hashable, Sendable {
    package let service: Service.ID
    package let backend: SocketAddress
    /// As the backend knows it.
    package let threadID: UInt32
    package let scope: KillRequest.Scope
}

/// Ends a session at a backend.
///
/// - Returns: why it cannot, for the client; `nil` if it has.
package typealias RemoteKiller = @Sendable (RemoteKill) async -> String?
