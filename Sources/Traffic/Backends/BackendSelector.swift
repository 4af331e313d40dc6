/// Selects the backend for a new connection: in the best available tier, the one with the fewest
/// connections relative to its weight; equals take turns in proportion to their weights.
public enum BackendSelector {
    /// How good a choice a backend is. Smaller raw values come first.
    public enum Tier: Int, Hashable, Sendable, Comparable {
        case usable
        /// A backup that can be used.
        case usableBackup
        /// It is unhealthy: a client that would be turned away may as well find out whether it has
        /// recovered (a panic threshold of one usable backend).
        case lastResort
        case lastResortBackup

        public init(isUsable: Bool, isBackup: Bool) {
            self =
                switch (isUsable, isBackup) {
                case (true, false): .usable
                case (true, true): .usableBackup
                case (false, false): .lastResort
                case (false, true): .lastResortBackup
                }
        }

        public static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }
    }

    /// A backend that may be picked.
    public struct Candidate: Hashable, Sendable {
        public var tier: Tier
        /// Its connections.
        public var load: Int
        /// At least 1.
        public var weight: Int

        public init(tier: Tier = .usable, load: Int, weight: Int = 1) {
            self.tier = tier
            self.load = load
            self.weight = weight
        }

        /// By the load for the weight: with twice the weight it is as good a choice with twice as many
        /// connections.
        fileprivate static func < (a: Candidate, b: Candidate) -> Bool {
            a.tier == b.tier ? a.scaledLoad(b) < b.scaledLoad(a) : a.tier < b.tier
        }

        fileprivate func equals(_ other: Candidate) -> Bool {
            tier == other.tier && scaledLoad(other) == other.scaledLoad(self)
        }

        /// How many turns in a row it has among equals.
        fileprivate var turns: UInt64 { UInt64(max(1, weight)) }

        private func scaledLoad(_ other: Candidate) -> Int { load &* max(1, other.weight) }
    }

    /// The position of the best candidate; `nil` if there is none.
    ///
    /// - Parameters:
    ///   - count: the number of backends.
    ///   - rotation: increases by one with each connection: it determines whose turn it is among
    ///     equals. (Starting the search there instead would give the turns of a backend that is
    ///     down to its neighbor.)
    ///   - candidate: what is known about a backend; `nil` for one that must not be selected.
    ///     Called twice for each; other threads may change the loads in between.
    public static func select(
        from count: Int,
        rotation: UInt64,
        candidate: (Int) -> Candidate?
    ) -> Int? {
        guard let best = best(of: count, candidate) else { return nil }
        var turn = rotation % best.tieWeight
        for position in best.position..<count {
            guard let found = candidate(position), !(best.candidate < found) else { continue }
            if turn < found.turns { return position }
            turn -= found.turns
        }
        return best.position
    }

    private struct Best {
        /// The first of those that are as good.
        var position: Int
        var candidate: Candidate
        /// The turns of all of them together.
        var tieWeight: UInt64
    }

    private static func best(of count: Int, _ candidate: (Int) -> Candidate?) -> Best? {
        var best: Best?
        for position in 0..<max(0, count) {
            guard let found = candidate(position) else { continue }
            if let known = best, !(found < known.candidate) {
                if found.equals(known.candidate) { best?.tieWeight += found.turns }
            } else {
                best = Best(position: position, candidate: found, tieWeight: found.turns)
            }
        }
        return best
    }
}
