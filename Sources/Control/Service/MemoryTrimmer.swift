import Dispatch
import Sockets
import Synchronization

/// Returns memory that the gateway no longer uses to the system: of what a reload has replaced, and of
/// a crowd of clients that has gone. The allocator would keep it: a list of half a million entries
/// leaves some 100 MB in pieces, in the arena of each thread that has ever loaded one, and a thousand
/// TLS handshakes some 80 MB.
final class MemoryTrimmer: Sendable {
    private static let delay = 0.5
    /// Maximum number of checks for old policies.
    private static let lookLimit = 20
    private static let countInterval = Duration.seconds(1)

    private let queue = DispatchQueue(label: "sluice.memory", qos: .utility)
    private let isScheduled = Mutex(false)
    private let hasStarted = Mutex(false)
    private let holdsOldPolicy: @Sendable () -> Bool

    init(holdsOldPolicy: @escaping @Sendable () -> Bool) {
        self.holdsOldPolicy = holdsOldPolicy
    }

    /// Trims memory soon, once no shard holds an old policy. Returns immediately.
    func schedule() {
        let isNew = isScheduled.withLock { isScheduled in
            defer { isScheduled = true }
            return !isScheduled
        }
        if isNew { look(1) }
    }

    /// Trims memory after each crowd, until it is cancelled.
    func watchCrowds(_ connectionCount: @Sendable () -> Int) async {
        var watch = CrowdWatch()
        // It throws if the task is cancelled.
        while (try? await Task.sleep(for: Self.countInterval)) != nil {
            if watch.hasLeft(connectionCount()) { schedule() }
        }
    }

    private func look(_ number: Int) {
        queue.asyncAfter(deadline: .now() + Self.delay) { [self] in
            guard number >= Self.lookLimit || !holdsOldPolicy() else { return look(number + 1) }
            // A later reload schedules its own check.
            isScheduled.withLock { $0 = false }
            ProcessMemory.trim()
            let isFirst = hasStarted.withLock { hasStarted in
                defer { hasStarted = true }
                return !hasStarted
            }
            // Once: later it would be code in use.
            if isFirst { ProcessMemory.releaseCode() }
        }
    }
}

/// Tells from how many clients there are, counted again and again, that a crowd has gone.
struct CrowdWatch {
    /// So many clients fewer are worth a look through all free memory, for which workers wait.
    static let leastCount = 250
    /// So often a count must be low: a crowd that comes back needs its memory again.
    static let quietCounts = 10

    /// The largest count since the last crowd left.
    private var peak = 0
    private var lowCounts = 0

    /// Whether a crowd has left by this count: three in four clients have gone, and stayed away.
    mutating func hasLeft(_ count: Int) -> Bool {
        peak = max(peak, count)
        lowCounts = count <= peak / 4 && peak - count >= Self.leastCount ? lowCounts + 1 : 0
        guard lowCounts >= Self.quietCounts else { return false }
        (peak, lowCounts) = (count, 0)
        return true
    }
}
