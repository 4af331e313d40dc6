/// Picks the backend for a new connection: of the best tier there is, the one with the fewest
/// connections for its weight, and of several such each in its turn, as often as its weight says.
package enum BackendSelector {
    /// How good a choice a backend is. The smaller raw value comes first.
    package enum Tier: Int, Hashable, Sendable, Comparable {
        case usable
        /// A backup that can be used.
        case usableBackup
        /// Its health speaks against it: a client that would be turned away may as well find out
        /// whether it has come back (a panic threshold of one usable backend).
        case lastResort
        case lastResortBackup

        package init(isUsable: Bool, isBackup: Bool) {
            self =
                switch (isUsable, isBackup) {
                case (true, false): .usable
                case (true, true): .usableBackup
                case (false, false): .lastResort
                case (false, true): .lastResortBackup
                }
        }

        package static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }
    }

    /// A backend that may be picked.
    package struct Candidate: Hashable, Sendable {
        package var tier: Tier
        /// Its connections.
        package var load: Int
        /// At least 1.
        package var weight: Int

        package init(tier: Tier = .usable, load: Int, weight: Int = 1) {
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

    /// The position of the best candidate; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - count: how many backends there are.
    ///   - rotation: goes up by one from connection to connection: it says whose turn it is among
    ///     equals. (Beginning the search there instead would give the turns of a backend that is down
    ///     to its neighbour.)
    ///   - candidate: what is known of a backend; `nil` for one that must not be picked. Called twice
    ///     for each; other threads may change the loads in between.
    package static func select(
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
