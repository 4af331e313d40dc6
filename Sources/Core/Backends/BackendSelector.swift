/// Picks the backend for a new connection: the one with the fewest.
public enum BackendSelector {
    /// The position of the candidate with the least load; `nil` where there is no candidate.
    ///
    /// - Parameters:
    ///   - count: how many backends there are.
    ///   - rotation: changes from connection to connection: it says where to begin, so that those
    ///     with equal loads take turns.
    ///   - load: a backend's load; `nil` for one that is no candidate.
    public static func select(
        from count: Int,
        rotation: UInt64,
        load: (Int) -> Int?
    ) -> Int? {
        guard count > 0 else { return nil }
        let start = Int(rotation % UInt64(count))
        var best: (position: Int, load: Int)?
        for offset in 0..<count {
            let position = (start + offset) % count
            guard let load = load(position) else { continue }
            if best.map({ load < $0.load }) ?? true { best = (position, load) }
        }
        return best?.position
    }
}
