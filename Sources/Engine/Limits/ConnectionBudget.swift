import Synchronization

/// A count of connections, over all shards.
final class ConnectionBudget: Sendable {
    private let count = Atomic<Int>(0)

    /// Counts one more, unless there are `limit` already; 0 for no limit.
    func take(limit: Int) -> Bool {
        count.takeOne(limit: limit)
    }

    func release() {
        count.subtract(1, ordering: .relaxed)
    }

    var current: Int { count.load(ordering: .relaxed) }
}

/// Keeps accepting from eating the descriptors that accepted clients need for their backends.
///
/// A client that is accepted and then cannot be connected is turned away; one that waits in the
/// kernel's backlog is served a moment later. So accepting pauses before descriptors run out.
final class DescriptorBudget: Sendable {
    /// For the log, the management API, listeners, health checks and a few pipes.
    private static let reserve = 192
    /// One for the client, one for the backend.
    private static let descriptorsPerConnection = 2

    private let count = Atomic<Int>(0)
    private let limit: Int

    init(descriptorLimit: Int) {
        let available = max(0, descriptorLimit - min(Self.reserve, descriptorLimit / 2))
        limit = max(1, available / Self.descriptorsPerConnection)
    }

    var isUsedUp: Bool { count.load(ordering: .relaxed) >= limit }

    func take() {
        count.add(1, ordering: .relaxed)
    }

    func release() {
        count.subtract(1, ordering: .relaxed)
    }
}

extension Atomic where Value == Int {
    /// Adds one, unless the value has reached `limit`; 0 for no limit.
    func takeOne(limit: Int) -> Bool {
        let taken = add(1, ordering: .relaxed).newValue
        guard limit > 0, taken > limit else { return true }
        subtract(1, ordering: .relaxed)
        return false
    }
}
