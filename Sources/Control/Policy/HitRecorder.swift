import Logging
import Policy
import Store
import Time

/// Remembers in the store when each entry decided last, so that entries without use are known after a
/// restart too, and when keys and logins were used last.
struct HitRecorder: Sendable {
    static let interval = Duration.seconds(300)
    /// Of keys and logins.
    static let useInterval = Duration.seconds(60)

    let gateway: any ManagedGateway
    let writer: PolicyWriter
    let logger: Logger

    /// Runs until the task is cancelled; then records once more.
    func run() async {
        async let _: Void = recordUses()
        var pending = PendingHits()
        start()
        while !Task.isCancelled {
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.interval)
            await record(&pending)
        }
    }

    private func recordUses() async {
        while !Task.isCancelled {
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.useInterval)
            // `try?`: nothing of it throws.
            try? await BlockingWork.run { [writer] in writer.store?.flushUses() }
        }
    }

    private func start() {
        // `try?`: without a store there is nothing to remember; what else fails, fails again below.
        try? writer.store?.startRecordingEntryUses(at: .systemTime)
    }

    private func record(_ pending: inout PendingHits) async {
        guard let store = writer.store, store.isWritable else { return }
        let places = store.policy.storedLists(of: gateway.policy)
        let uses = pending.take(from: await gateway.entryHits(), in: places)
        do {
            try await BlockingWork.run {
                // The store may have been made since.
                try store.startRecordingEntryUses(at: .systemTime)
                try store.recordEntryUses(uses)
            }
        } catch {
            logger.warning("cannot record when entries decided last (trying again): \(error)")
        }
    }
}

/// Which of the hits that were counted are to be written.
struct PendingHits {
    /// At once: a few dozen milliseconds of the database's time. The others come next time.
    static let limit = 20_000
    /// An entry that decides all the time is written this often, in seconds.
    static let resolution: UInt32 = 3_600

    /// When the last hit was that was written, as far as it was in this process.
    private var written: [EntryHitTable.Key: UInt32] = [:]

    /// - Parameter lists: by their series.
    mutating func take(
        from hits: EntryHitTable,
        in lists: [UInt32: StoredList]
    ) -> [EntryPlace: UnixTime] {
        // What the gateway has forgotten is of lists that no longer exist.
        if written.count > hits.count { written = written.filter { hits[$0.key] != nil } }
        var uses: [EntryPlace: UnixTime] = [:]
        for (key, hit) in hits.all {
            guard uses.count < Self.limit else { break }
            if let last = written[key], hit.last >= last, hit.last - last < Self.resolution {
                continue
            }
            guard let stored = lists[key.list], let id = stored.list.id(of: key.block) else {
                continue
            }
            written[key] = hit.last
            uses[EntryPlace(list: stored.row, number: id.number)] = hit.lastHit
        }
        return uses
    }
}
