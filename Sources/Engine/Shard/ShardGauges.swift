import Operations
import Synchronization

/// A shard's counters, written by the shard only and read by any thread.
///
/// With a single writer, a relaxed load and store are enough, and cost no more than a plain
/// variable.
final class ShardGauges: Sendable {
    private let bytesIn = Atomic<UInt64>(0)
    private let bytesOut = Atomic<UInt64>(0)
    private let wakeups = Atomic<UInt64>(0)
    private let pauses = Atomic<UInt64>(0)
    private let spliced = Atomic<UInt64>(0)

    var acceptPauses: Int { Int(clamping: pauses.load(ordering: .relaxed)) }

    func addBytes(in count: UInt64, out: UInt64) {
        Self.add(count, to: bytesIn)
        Self.add(out, to: bytesOut)
    }

    /// Bytes that were moved unseen so far.
    var splicedByteCount: UInt64 { spliced.load(ordering: .relaxed) }

    func setSpliced(_ count: UInt64) { spliced.store(count, ordering: .relaxed) }

    func addWakeup() { Self.add(1, to: wakeups) }

    func addAcceptPause() { Self.add(1, to: pauses) }

    private static func add(_ count: UInt64, to atomic: borrowing Atomic<UInt64>) {
        atomic.store(atomic.load(ordering: .relaxed) &+ count, ordering: .relaxed)
    }

    /// All but the active connections, which ``ShardPort`` counts.
    var status: ShardStatus {
        var status = ShardStatus()
        status.bytesIn = bytesIn.load(ordering: .relaxed)
        status.bytesOut = bytesOut.load(ordering: .relaxed)
        status.wakeups = wakeups.load(ordering: .relaxed)
        return status
    }
}
