/// Whether the two peers of a relayed connection read what is buffered for them: decisions only, no
/// socket or clock. Time is monotonic milliseconds.
///
/// It is updated periodically with what waits for each side. A peer that has read nothing between
/// updates for the write timeout times out. A source that exceeds its buffer budget loses the
/// connections whose bytes have waited longest.
public struct StallWatch: Hashable, Sendable {
    /// What one direction had at one moment.
    public struct Waiting: Hashable, Sendable {
        /// Bytes that the peer has not acknowledged, in the gateway and in the kernel.
        public var byteCount: Int
        /// How far in the stream it has acknowledged, from any fixed point.
        public var takenPosition: Int64

        public init(byteCount: Int, takenPosition: Int64) {
            self.byteCount = byteCount
            self.takenPosition = takenPosition
        }
    }

    public enum Verdict: Hashable, Sendable {
        /// Both peers have taken everything.
        case nothingWaits
        /// Look again after that many milliseconds.
        case lookAgain(after: Int64)
        /// This peer has taken nothing for the write timeout.
        case peerTakesNothing(RelaySide)
        /// The connection's source is over its budget, and these bytes have waited long enough.
        case overBudget
    }

    /// Between two looks at a connection that moves.
    public static let shortestInterval: Int64 = 1_000
    /// Between two looks at one that has long been stalled.
    public static let longestInterval: Int64 = 15_000
    /// Bytes that have waited less than this are not held against a source: any download that is
    /// slower than its backend has bytes waiting.
    public static let grace: Int64 = 5_000

    private var client = Side()
    private var backend = Side()

    public init() {}

    /// Records what waits for each side, and returns what follows.
    public mutating func look(
        client: Waiting,
        backend: Waiting,
        writeTimeout: Int64,
        isOverBudget: Bool,
        at now: Int64
    ) -> Verdict {
        self.client.record(client, at: now)
        self.backend.record(backend, at: now)
        let stalls = [self.client.stall(at: now), self.backend.stall(at: now)]
        guard let longest = stalls.compactMap(\.self).max() else { return .nothingWaits }
        for (side, stall) in zip([RelaySide.client, .backend], stalls) {
            if let stall, stall >= writeTimeout { return .peerTakesNothing(side) }
        }
        let oldest = max(self.client.age(at: now), self.backend.age(at: now))
        if isOverBudget, oldest >= Self.grace { return .overBudget }
        let interval = isOverBudget ? 0 : longest / 4
        let next = min(max(interval, Self.shortestInterval), Self.longestInterval)
        return .lookAgain(after: min(next, max(1, writeTimeout - longest)))
    }
}

extension StallWatch {
    /// What is known about one side.
    private struct Side: Hashable {
        private var isWaiting = false
        private var takenPosition: Int64 = 0
        /// When acknowledgements last advanced, as far as updates show.
        private var takenAt: Int64 = 0
        /// A point of the stream up to which bytes waited at `markedAt`.
        private var mark: Int64 = 0
        private var markedAt: Int64 = 0

        mutating func record(_ waiting: Waiting, at now: Int64) {
            defer {
                isWaiting = waiting.byteCount > 0
                takenPosition = waiting.takenPosition
            }
            let isNew = !isWaiting
            if isNew || waiting.takenPosition > takenPosition { takenAt = now }
            if isNew || waiting.takenPosition >= mark {
                mark = waiting.takenPosition + Int64(waiting.byteCount)
                markedAt = now
            }
        }

        /// For how long nothing was read; `nil` if nothing waits.
        func stall(at now: Int64) -> Int64? { isWaiting ? now - takenAt : nil }

        /// For how long at least the oldest byte that waits has waited.
        func age(at now: Int64) -> Int64 { isWaiting ? now - markedAt : 0 }
    }
}
