import Dispatch
import Sockets
import Synchronization

/// Returns the memory of what a reload has replaced to the system. The allocator would keep it: a
/// list of half a million entries leaves some 100 MB in pieces, in the arena of each thread that
/// has ever loaded one.
final class MemoryTrimmer: Sendable {
    private static let delay = 0.5
    /// Maximum number of checks for old policies.
    private static let lookLimit = 20

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
