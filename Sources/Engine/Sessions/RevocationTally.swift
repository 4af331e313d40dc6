import Settings

/// Counts the sessions that a change of policy closes, over all shards, so that the operator reads
/// one line about each listener.
final class RevocationTally: Sendable {
    struct Listener: Hashable {
        let warehouse: String
        let address: String
    }

    private struct State {
        /// Reviews that have not ended.
        var reviewCount = 0
        var closed: [Listener: Int] = [:]
    }

    private let state = Locked(State())
    private let report: @Sendable (GatewayEvent) -> Void

    init(report: @escaping @Sendable (GatewayEvent) -> Void) {
        self.report = report
    }

    /// Reviews will call ``end(_:)`` this many times, once each.
    func expect(_ count: Int) {
        state.withLock { $0.reviewCount += count }
    }

    /// A shard has reviewed its sessions. The last one reports what all have closed.
    func end(_ closed: [Listener: Int]) {
        let all = state.withLock { state in
            state.reviewCount -= 1
            state.closed.merge(closed, uniquingKeysWith: +)
            guard state.reviewCount <= 0 else { return [:] as [Listener: Int] }
            defer { state.closed = [:] }
            return state.closed
        }
        for (listener, count) in all.sorted(by: { $0.key < $1.key }) {
            report(
                .sessionsRevoked(
                    warehouse: listener.warehouse,
                    listener: listener.address,
                    count: count
                )
            )
        }
    }
}

extension RevocationTally.Listener: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        (left.warehouse, left.address) < (right.warehouse, right.address)
    }
}
