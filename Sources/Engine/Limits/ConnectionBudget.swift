import Synchronization
import Traffic

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
/// kernel's backlog is served a moment later. So accepting pauses before descriptors run out. Pipes
/// count too: bulk must not take what the management address needs.
final class DescriptorBudget: Sendable {
    /// One for the client, one for the backend; a client that is being denied only has its own.
    static let perConnection: UInt8 = 2

    let plan: DescriptorPlan
    private let count = Atomic<Int>(0)
    private let limit: Int

    init(_ plan: DescriptorPlan) {
        self.plan = plan
        limit = max(Int(Self.perConnection), plan.connectionDescriptors)
    }

    var isUsedUp: Bool { count.load(ordering: .relaxed) + Int(Self.perConnection) > limit }

    func take(_ descriptorCount: Int) {
        count.add(descriptorCount, ordering: .relaxed)
    }

    func release(_ descriptorCount: Int) {
        guard descriptorCount > 0 else { return }
        count.subtract(descriptorCount, ordering: .relaxed)
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
