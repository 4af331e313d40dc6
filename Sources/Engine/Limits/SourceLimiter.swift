import Traffic

/// The sources' connections and rates, for all shards.
///
/// The table is split into stripes by the source's hash, each with its own lock, so that two shards
/// rarely contend. It is used once when a connection is admitted and once when it ends.
final class SourceLimiter: Sendable {
    private final class Stripe: Sendable {
        let table: Locked<SourceTable>

        init(capacity: Int) {
            table = Locked(SourceTable(capacity: capacity))
        }
    }

    private static let stripeCount = 64
    /// Sources that are remembered at the same time, over all stripes: about 6 MiB at most.
    private static let capacity = 131_072

    private let stripes: [Stripe]
    private let seed = UInt64.random(in: .min ... .max)

    init() {
        stripes = (0..<Self.stripeCount).map { _ in
            Stripe(capacity: Self.capacity / Self.stripeCount)
        }
    }

    /// Counts one more connection of `source`, if the limits allow it.
    func admit(_ source: SourceKey, limits: ConnectionLimits, at now: Moment)
        -> SourceTable.Admission
    {
        stripe(of: source).table.withLock { table in
            table.admit(source, limits: limits, at: now.milliseconds)
        }
    }

    /// Counts one connection less of a source that was admitted.
    func release(_ source: SourceKey) {
        stripe(of: source).table.withLock { $0.release(source) }
    }

    private func stripe(of source: SourceKey) -> Stripe {
        stripes[source.stripe(of: Self.stripeCount, seed: seed)]
    }
}
