import Sockets

/// What a readiness event belongs to, packed into the 64 bits that epoll(7) hands back.
///
///     63 62 61                             32 31                              0
///     ┌────┬────────────────────────────────┬─────────────────────────────────┐
///     │kind│ generation (connections only)  │ slot index, or listener's number │
///     └────┴────────────────────────────────┴─────────────────────────────────┘
struct EventToken: Equatable {
    typealias ConnectionKey = SlotTable<Connection>.Key

    enum Kind: Equatable {
        case client(ConnectionKey)
        case backend(ConnectionKey)
        case listener(ListenerID)
        /// Messages wait in the mailbox.
        case wake
        /// The deadline that was set before the shard went to rest.
        case timer
    }

    let rawValue: UInt64

    static let wake = EventToken(rawValue: 3 << 62)
    static let timer = EventToken(rawValue: 3 << 62 | 1)

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    static func client(_ key: ConnectionKey) -> EventToken { EventToken(side: 0, key) }
    static func backend(_ key: ConnectionKey) -> EventToken { EventToken(side: 1, key) }

    static func listener(_ id: ListenerID) -> EventToken {
        EventToken(rawValue: 2 << 62 | UInt64(id.rawValue))
    }

    private init(side: UInt64, _ key: ConnectionKey) {
        rawValue = side << 62 | UInt64(key.generation) << 32 | UInt64(key.index)
    }

    var kind: Kind {
        let index = UInt32(truncatingIfNeeded: rawValue)
        let key = ConnectionKey(
            index: index,
            generation: UInt32(truncatingIfNeeded: rawValue >> 32) & (1 << 30 - 1)
        )
        switch rawValue >> 62 {
        case 0: return .client(key)
        case 1: return .backend(key)
        case 2: return .listener(ListenerID(rawValue: index))
        default: return self == .wake ? .wake : .timer
        }
    }
}

/// A listener's number: constant as long as its address stays in the configuration.
struct ListenerID: Hashable, Sendable {
    let rawValue: UInt32
}
