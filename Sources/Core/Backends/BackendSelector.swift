/// Picks the backend for a new connection: the one with the fewest, and of several such each in its
/// turn.
public enum BackendSelector {
    /// The position of the candidate with the least load; `nil` where there is no candidate.
    ///
    /// - Parameters:
    ///   - count: how many backends there are.
    ///   - rotation: goes up by one from connection to connection: it says whose turn it is among
    ///     those with the least load. (Beginning the search there instead would give the turns of a
    ///     backend that is down to its neighbour.)
    ///   - load: a backend's load; `nil` for one that is no candidate. Called twice for each; other
    ///     threads may change the loads in between.
    public static func select(
        from count: Int,
        rotation: UInt64,
        load: (Int) -> Int?
    ) -> Int? {
        guard let least = least(of: count, load: load) else { return nil }
        var turn = rotation % least.tieCount
        for position in least.position..<count {
            guard let load = load(position), load <= least.load else { continue }
            if turn == 0 { return position }
            turn -= 1
        }
        return least.position
    }

    /// The same among the usable candidates and, if none of them is usable, among all: a client that
    /// would be turned away may as well find out whether one has come back (a panic threshold of one
    /// usable backend).
    ///
    /// - Parameter isUsable: whether a backend's health speaks for it.
    public static func select(
        from count: Int,
        rotation: UInt64,
        isUsable: (Int) -> Bool,
        load: (Int) -> Int?
    ) -> Int? {
        select(from: count, rotation: rotation) { isUsable($0) ? load($0) : nil }
            ?? select(from: count, rotation: rotation, load: load)
    }

    private struct Least {
        /// The first of those with this load.
        var position: Int
        var load: Int
        /// At least 1.
        var tieCount: UInt64 = 1
    }

    private static func least(of count: Int, load: (Int) -> Int?) -> Least? {
        var least: Least?
        for position in 0..<max(0, count) {
            guard let load = load(position) else { continue }
            if let known = least, load >= known.load {
                if load == known.load { least?.tieCount += 1 }
            } else {
                least = Least(position: position, load: load)
            }
        }
        return least
    }
}
