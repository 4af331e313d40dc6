import Addresses
import Core
import Synchronization

/// What a session must know of the listener that it came through, for all of its life.
///
/// It holds no rules: a session that lives for hours must not keep an old list in memory.
final class ListenerProfile: Sendable {
    let warehouse: WarehouseGauge
    let settings: Listener
    /// The address as written in the access log.
    let name: String
    /// Shared by all profiles of one address, across reloads.
    let counters: ListenerCounters

    /// - Parameter address: the real one, also where the settings ask for port 0.
    init(
        settings: Listener,
        address: SocketAddress,
        warehouse: WarehouseGauge,
        counters: ListenerCounters
    ) {
        self.settings = settings
        self.warehouse = warehouse
        self.counters = counters
        name = address.description
    }
}

/// A warehouse's count of connections, over all its listeners and across reloads.
final class WarehouseGauge: Sendable {
    let id: String
    private let connections = Atomic<Int>(0)

    init(id: String) {
        self.id = id
    }

    /// Counts one more connection, unless there are `limit` already; 0 for no limit.
    func take(limit: Int) -> Bool {
        connections.takeOne(limit: limit)
    }

    func release() {
        connections.subtract(1, ordering: .relaxed)
    }
}
